// Run as a child: opens the store at a place and writes without end, in many ways at once; prints what is acknowledged, one line each (acknowledged.ts).
// Arguments: place, name of the run, seed, folder of media.
import { createHash } from 'node:crypto';
import { SampleRoom } from '../../dist/contract/sample-events.js';
import { FileMediaBytes } from '../../dist/media/file-media-bytes.js';
import type { SqlStore } from '../../dist/sql/sql-store.js';
import { seeded } from './seeded.ts';

const [place = '', name = '', seed = '0', mediaFolder = ''] = process.argv.slice(2);
const random = seeded(Number(seed));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

process.on('uncaughtException', (error) => {
  say(`failed ${error instanceof Error ? error.name : 'unknown'}`);
  process.exit(3);
});

const store = await open();
const media = new FileMediaBytes(mediaFolder);
const USER = `@${name}:a.example`;
/** Whose one-time keys all runs hand out, one after another. */
const SHARED = '@shared:a.example';
const ALGORITHM = 'signed_curve25519';
const account = { password_hash: 'h', created_ts: 0, deactivated: false };
const device = { device_id: 'd', display_name: null, created_ts: 0, last_seen_ts: null, keys: null };
for (const [user_id, keys] of [
  [SHARED, 5],
  [USER, 30],
] as const) {
  await store.accounts.create({ ...account, user_id });
  await store.devices.put({ ...device, user_id });
  await store.devices.addOneTimeKeys(
    user_id,
    'd',
    Array.from({ length: keys }, (_, i) => ({ algorithm: ALGORITHM, key_id: `${name}k${i}`, key: { n: i } })),
  );
}
const guild = new SampleRoom(`${name}g`);
const rooms = [guild, ...Array.from({ length: 1 + random(6) }, (_, i) => new SampleRoom(`${name}c${i}`, guild))];
const create = guild.next({ stateKey: '' });
const created = await store.rooms.commit(create);
const code = { guild_id: guild.room_id, creator: '@a:a.example', created_ts: 0, expires_ts: null, max_uses: null, uses: 0, revoked: false };
await store.invites.addCode({ ...code, code: name });
say(`has account ${USER}`);
say(`has device ${USER}/d`);
say(`event ${guild.room_id} ${create.effects.stored.event.event_id} ${created.positions[0]} kept -`);
say('ready');

let counter = 0;
const tokens: string[] = [];
const devices: string[] = [];

/** Only what is needed is loaded: many such processes are started. */
async function open(): Promise<SqlStore> {
  if (place.startsWith('postgres:')) return (await import('../../dist/open-store.js')).openStore(place);
  return (await import('../../dist/sqlite/sqlite-store.js')).SqliteStore.open(place);
}

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
  await store.values.set('crash', `${name}/${n}`, { n });
  say(`has value ${name}/${n}`);
}

async function claimKey(user: string): Promise<void> {
  const key = await store.devices.claimOneTimeKey(user, 'd', ALGORITHM);
  if (key !== undefined) say(`claimed ${user} ${key.key_id}`);
}

async function sendToDevice(): Promise<void> {
  const n = counter++;
  await store.toDevice.add([{ user_id: USER, device_id: 'd', sender: USER, type: 't', content: { n } }]);
  say(`has message ${USER}/${n}`);
}

async function takeMessages(): Promise<void> {
  const taken = await store.toDevice.read(USER, 'd', 0, 1 + random(3));
  const ids = taken.map(({ content }) => `${USER}/${String(content['n'])}`);
  for (const id of ids) say(`leaving message ${id}`);
  await store.toDevice.acknowledge(USER, 'd', taken.at(-1)?.position ?? 0);
  for (const id of ids) say(`gone message ${id}`);
}

async function addToken(): Promise<void> {
  const token_hash = createHash('sha256').update(`${name} ${counter++}`).digest('hex');
  await store.accounts.addToken({ token_hash, user_id: USER, device_id: 'd', created_ts: 1, expires_ts: null });
  say(`has token ${token_hash}`);
  tokens.push(token_hash);
}

async function removeToken(): Promise<void> {
  const token = tokens.shift();
  if (token === undefined) return;
  say(`leaving token ${token}`);
  await store.accounts.removeToken(token);
  say(`gone token ${token}`);
}

async function addAccount(): Promise<void> {
  const user_id = `@${name}n${counter++}:a.example`;
  const taken = await Promise.all([store.accounts.create({ ...account, user_id }), store.accounts.create({ ...account, user_id })]);
  say(taken.filter(Boolean).length === 1 ? `has account ${user_id}` : 'failed account-created-twice');
}

async function addDevice(): Promise<void> {
  const device_id = `d${counter++}`;
  await store.devices.put({ ...device, user_id: USER, device_id });
  say(`has device ${USER}/${device_id}`);
  devices.push(device_id);
}

async function removeDevice(): Promise<void> {
  const device_id = devices.shift();
  if (device_id === undefined) return;
  say(`leaving device ${USER}/${device_id}`);
  await store.devices.remove(USER, device_id);
  say(`gone device ${USER}/${device_id}`);
}

async function upload(): Promise<void> {
  const bytes = Buffer.alloc(1 + random(50_000), `${name} ${counter++} `);
  const { sha256, size } = await media.put(chunksOf(bytes), bytes.length);
  say(`has bytes ${sha256}`);
  const names = { server: 'a.example', media_id: sha256.slice(0, 20), content_type: 'text/plain', file_name: null, uploader: USER };
  await store.media.add({ ...names, size, sha256, created_ts: 1 });
  say(`has media ${sha256}`);
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
}

const OTHERS = [sendToDevice, sendToDevice, takeMessages, addToken, addToken, removeToken, addAccount, addDevice, addDevice, removeDevice];

function work(): Promise<void> {
  const kind = random(20);
  if (kind < 3) return claimKey(kind === 0 ? SHARED : USER);
  if (kind < 8) return (OTHERS[random(OTHERS.length)] as () => Promise<void>)();
  if (kind === 8) return upload();
  return kind < 11 ? setValue() : write(rooms[random(rooms.length)] as SampleRoom);
}

for (;;) {
  const works = Array.from({ length: 1 + random(20) }, work);
  // They were begun in one turn, so nearly all of them share one transaction.
  await Promise.all(works);
  say('end');
}
