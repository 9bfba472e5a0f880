// Run as a child: opens a store, lists its rooms, and prints how long that took and the memory before and after. Argument: the place.
import { SqliteStore } from '@openguild/storage';

const before = process.memoryUsage().rss;
const start = performance.now();
const store = await SqliteStore.open(process.argv[2] ?? '');
const { length } = await store.rooms.list();
const ms = performance.now() - start;
process.stdout.write(JSON.stringify({ rooms: length, ms, before, after: process.memoryUsage().rss }));
await store.close();
