// Run as a child: opens the store at a place and writes without end, in many ways at once; prints what is acknowledged, one line each.
// Arguments: place, name of the run, seed.
import { SampleRoom } from '../../dist/contract/sample-events.js';
import { openStore } from '../../dist/index.js';
import { seeded } from './seeded.ts';

const [place = '', name = '', seed = '0'] = process.argv.slice(2);
const random = seeded(Number(seed));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

process.on('uncaughtException', (error) => {
  say(`failed ${error instanceof Error ? error.name : 'unknown'}`);
  process.exit(3);
});

const store = await openStore(place);
const guild = new SampleRoom(`${name}g`);
const rooms = [guild, ...Array.from({ length: 1 + random(6) }, (_, i) => new SampleRoom(`${name}c${i}`, guild))];
const create = guild.next({ stateKey: '' });
const created = await store.rooms.commit(create);
const code = { guild_id: guild.room_id, creator: '@a:a.example', created_ts: 0, expires_ts: null, max_uses: null, uses: 0, revoked: false };
await store.invites.addCode({ ...code, code: name });
say(`event ${guild.room_id} ${create.effects.stored.event.event_id} ${created.positions[0]} kept -`);
say('ready');

let counter = 0;

async function write(room: SampleRoom): Promise<void> {
  const n = counter++;
  const options = random(3) === 0 ? { stateKey: `k${random(12)}` } : { body: 'x'.repeat(random(4_000)) };
  const commit = room.next(options, {
    destinations: random(2) === 0 ? ['b.example'] : [],
    ...(random(4) === 0 ? { client_txn: { user_id: '@a:a.example', device_id: name, txn_id: `t${n}` } } : {}),
    ...(random(8) === 0 ? { use_invite: name } : {}),
  });
  const { positions } = await store.rooms.commit(commit);
  const sent = commit.destinations.length > 0 ? 'sent' : 'kept';
  say(`event ${room.room_id} ${commit.effects.stored.event.event_id} ${positions[0]} ${sent} ${commit.client_txn?.txn_id ?? '-'}`);
}

async function setValue(): Promise<void> {
  const n = counter++;
  await store.values.set('crash', `${name} ${n}`, { n });
  say(`value ${name} ${n}`);
}

for (;;) {
  const works = Array.from({ length: 1 + random(20) }, () =>
    random(6) === 0 ? setValue() : write(rooms[random(rooms.length)] as SampleRoom),
  );
  // They were begun in one turn, so they share one transaction.
  await Promise.all(works);
  say('end');
}
