// Run as a child: opens a Postgres schema, commits events in rooms of its own, several at a time, and prints each acknowledged position and event ID.
// Arguments: URL, schema, name, number of events (0: without end).
import { SampleRoom } from '../../dist/contract/sample-events.js';
import { PostgresStore } from '../../dist/postgres/postgres-store.js';

const [url = '', schema = '', name = '', count = '0'] = process.argv.slice(2);
const store = await PostgresStore.open({ url, schema });
const rooms = Array.from({ length: 4 }, (_, i) => new SampleRoom(`${name}x${i}`));
process.stdout.write('ready\n');
for (let made = 0; count === '0' || made < Number(count); made += rooms.length * 3) {
  await Promise.all(
    rooms
      .flatMap((room) => [room, room, room])
      .map(async (room) => {
        const commit = room.next({ stateKey: 'k' }, { destinations: ['b.example'] });
        const { positions } = await store.rooms.commit(commit);
        process.stdout.write(`${room.room_id} ${commit.effects.stored.event.event_id} ${positions[0]}\n`);
      }),
  );
}
await store.close();
