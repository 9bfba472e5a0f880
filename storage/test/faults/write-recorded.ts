// Run as a child under record-writes.c: writes so much that the log is brought into the database again and again, and notes what was acknowledged in a file beside it.
// Arguments: place, number of events, seed.
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SampleRoom } from '../../dist/contract/sample-events.js';
import { SqliteStore } from '../../dist/index.js';
import { seeded } from '../crash/seeded.ts';

const [place = '', count = '0', seed = '0'] = process.argv.slice(2);
const random = seeded(Number(seed));
mkdirSync(place, { recursive: true });
const acknowledged = openSync(join(place, 'acknowledged'), 'a');
const store = await SqliteStore.open(place);
const rooms = Array.from({ length: 5 }, (_, i) => new SampleRoom(`r${i}`));
await store.accounts.create({ user_id: '@a:a.example', password_hash: 'h', created_ts: 0, deactivated: false });
await store.devices.put({ user_id: '@a:a.example', device_id: 'd', display_name: null, created_ts: 0, last_seen_ts: null, keys: null });
for (let made = 0; made < Number(count); ) {
  const works = Array.from({ length: 1 + random(8) }, async () => {
    const n = made++;
    if (random(4) === 0) {
      await store.values.set('crash', `v${n % 40}`, { n, text: 'y'.repeat(random(3_000)) });
      return `value v${n % 40} ${n}\n`;
    }
    if (random(6) === 0) {
      await store.toDevice.add([{ user_id: '@a:a.example', device_id: 'd', sender: '@b:b.example', type: 't', content: { n } }]);
      return `message ${n}\n`;
    }
    const room = rooms[random(5)] as SampleRoom;
    const commit = room.next({ stateKey: `k${random(30)}`, body: 'x'.repeat(random(6_000)) }, { destinations: ['b.example'] });
    await store.rooms.commit(commit);
    return `event ${commit.effects.stored.event.event_id}\n`;
  });
  // Written in one turn, after all of them are known to be on disk.
  writeSync(acknowledged, (await Promise.all(works)).join(''));
}
await store.close();
