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
const USER = `@${name}:a.example`;
const [ALGORITHM, KEYS] = ['signed_curve25519', 30];
await store.accounts.create({ user_id: USER, password_hash: 'h', created_ts: 0, deactivated: false });
await store.devices.put({ user_id: USER, device_id: 'd', display_name: null, created_ts: 0, last_seen_ts: null, keys: null });
const keys = Array.from({ length: KEYS }, (_, i) => ({ algorithm: ALGORITHM, key_id: `k${i}`, key: { n: i } }));
await store.devices.addOneTimeKeys(USER, 'd', keys);
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

async function claimKey(): Promise<void> {
  const key = await store.devices.claimOneTimeKey(USER, 'd', ALGORITHM);
  if (key !== undefined) say(`claimed ${USER} ${key.key_id}`);
}

async function sendToDevice(): Promise<void> {
  const n = counter++;
  await store.toDevice.add([{ user_id: USER, device_id: 'd', sender: USER, type: 't', content: { n } }]);
  say(`message ${USER} ${n}`);
}

function work(): Promise<void> {
  const kind = random(10);
  if (kind === 0) return claimKey();
  if (kind === 1) return sendToDevice();
  return kind < 4 ? setValue() : write(rooms[random(rooms.length)] as SampleRoom);
}

for (;;) {
  const works = Array.from({ length: 1 + random(20) }, work);
  // They were begun in one turn, so they share one transaction.
  await Promise.all(works);
  say('end');
}
