// Run as a child, with too little space: writes until something fails, prints what was acknowledged and how it failed, then reads what is there.
import { SampleRoom } from '../../dist/contract/sample-events.js';
import { SqliteStore } from '../../dist/index.js';

process.on('SIGXFSZ', () => undefined);
const store = await SqliteStore.open(process.argv[2] ?? '');
const room = new SampleRoom('full');
const acknowledged: string[] = [];
let failure = '';
while (failure === '') {
  const commits = Array.from({ length: 5 }, () => room.next({ body: 'x'.repeat(3_000) }));
  const outcomes = await Promise.allSettled(commits.map((commit) => store.rooms.commit(commit)));
  outcomes.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled') acknowledged.push(commits[index]?.effects.stored.event.event_id ?? '');
    else failure = `${(outcome.reason as Error).name}: ${((outcome.reason as Error).cause as { code?: string } | undefined)?.code}`;
  });
}
const again = await store.rooms.commit(new SampleRoom('other').next()).then(
  () => 'written',
  (error: Error) => error.name,
);
const there = await store.rooms.stream(0, 1_000_000);
process.stdout.write(`${JSON.stringify({ acknowledged, failure, again, there: there.map((row) => row.stored.event.event_id) })}\n`);
