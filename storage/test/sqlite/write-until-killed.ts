// Run as a child: opens the store of a folder, commits as fast as it can, and prints each acknowledged event ID on a line of its own. Never ends.
import { SampleRoom } from '../../dist/contract/sample-events.js';
import { SqliteStore } from '../../dist/index.js';

const [folder = '', round = ''] = process.argv.slice(2);
const store = await SqliteStore.open(folder);
const room = new SampleRoom(`round${round}`);
process.stdout.write('ready\n');
for (;;) {
  const batch = Array.from({ length: 5 }, () => room.next({ stateKey: 'k' }, { destinations: ['b.example'] }));
  await Promise.all(
    batch.map(async (commit) => {
      const { positions } = await store.rooms.commit(commit);
      process.stdout.write(`${room.room_id} ${commit.effects.stored.event.event_id} ${positions[0]}\n`);
    }),
  );
}
