// `npm run bench -- storage`: what storing costs. Every rate is a ratio against a baseline of the same run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { PostgresStore, SqliteStore, type SqlStore } from '@openguild/storage';
import { SampleRoom } from '../dist/contract/sample-events.js';
import { SqlStore as SqlStoreClass } from '../dist/sql/sql-store.js';
import { openDatabase } from '../dist/sqlite/open-database.js';
import { SqliteDriver } from '../dist/sqlite/sqlite-driver.js';
import { startPostgres } from '../test/postgres/postgres-server.ts';
import { postgresBaseline, sqliteBaseline } from './baseline.ts';
import { median, Report } from '../../scripts/lib/bench-report.ts';
import { slowSync } from './slow-sync.ts';
import { commitAll, jsonBytes, messages, rateOf } from './workload.ts';

const { values } = parseArgs({
  options: { json: { type: 'string' }, events: { type: 'string' }, full: { type: 'boolean', default: false } },
});
/** Events of the big room; members of another room, and changes of their membership. */
const EVENTS = Number(values.events ?? (values.full ? 1_000_000 : 100_000));
const [MEMBERS, CHANGES] = values.full ? [20_000, 200_000] : [10_000, Math.min(50_000, EVENTS)];
const WRITERS = 100;
const EACH = 100;
const SYNC_MS = 5;
/** Of writers and baseline in turn; the best of each counts, since other programs of the machine only ever slow one down. */
const ROUNDS = 6;
const CHUNK = 5_000;

const report = new Report();
const folder = mkdtempSync(join(tmpdir(), 'openguild-bench-'));
const at = (name: string): string => join(folder, name);

try {
  await sqliteWriters();
  await slowDisk();
  await postgresWriters();
  await bigRoom();
  await manyMembers();
  await manyRooms();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report.write();

function rate(name: string, value: number, baseline: number, atLeast: number): void {
  report.measure(name, value, 'events/s', baseline, `at least ${atLeast}`, (ratio) => ratio >= atLeast);
}

function limit(name: string, value: number, unit: string, atMost: number, baseline: number | null = null): void {
  report.measure(name, value, unit, baseline, `at most ${atMost}`, (measured) => measured <= atMost);
}

async function sqliteWriters(): Promise<void> {
  let [best, base] = [0, 0];
  for (let round_ = 0; round_ < ROUNDS; round_++) {
    const { creates, writers } = messages(WRITERS, EACH);
    const place = at(`writers${round_}`);
    const store = await SqliteStore.open(place);
    await commitAll(store, creates);
    best = Math.max(best, await rateOf(store, writers));
    await store.close();
    base = Math.max(base, sqliteBaseline(join(place, 'openguild.db'), at(`base${round_}.db`)));
  }
  rate('SQLite: 100 concurrent writers of 1 KB, against the same rows 100 per transaction', best, base, 0.5);
}

async function slowDisk(): Promise<void> {
  const open = (name: string): SqlStore => new SqlStoreClass(slowSync(new SqliteDriver(openDatabase(at(name))), SYNC_MS));
  const { creates, writers } = messages(WRITERS, 30);
  const group = open('group.db');
  await commitAll(group, creates);
  const value = await rateOf(group, writers);
  await group.close();
  const one = messages(1, 200);
  const single = open('single.db');
  await commitAll(single, one.creates);
  const baseline = await rateOf(single, one.writers);
  await single.close();
  rate(`SQLite, ${SYNC_MS} ms more for each sync: 100 writers, against one commit per event`, value, baseline, 10);
}

async function postgresWriters(): Promise<void> {
  const server = await startPostgres();
  if (server === undefined) {
    console.log('  Postgres is not on this machine: left out');
    return;
  }
  try {
    let [best, base] = [0, 0];
    for (let round_ = 0; round_ < ROUNDS; round_++) {
      const { creates, writers } = messages(WRITERS, EACH);
      const store = await PostgresStore.open({ url: server.url, schema: `writers${round_}` });
      await commitAll(store, creates);
      best = Math.max(best, await rateOf(store, writers));
      await store.close();
      await (await PostgresStore.open({ url: server.url, schema: `base${round_}` })).close();
      base = Math.max(base, await postgresBaseline(join(at(`writers${round_}`), 'openguild.db'), server.url, `base${round_}`));
    }
    rate('Postgres: 100 concurrent writers of 1 KB, against the same rows 100 per statement and transaction, pipelined', best, base, 0.5);
  } finally {
    await server.stop();
  }
}

/** Messages in one room: cost and bytes of each must not grow. */
async function bigRoom(): Promise<void> {
  const place = join(at('big'), 'openguild.db');
  const store = await SqliteStore.open(at('big'));
  const room = new SampleRoom('big');
  const costs: number[] = [];
  const bytes: number[] = [];
  let before = sizeOf(place);
  let json = 0;
  for (let made = 0; made < EVENTS; made += CHUNK) {
    const commits = Array.from({ length: CHUNK }, (_, i) =>
      room.next(i % 20 === 0 ? { stateKey: `k${(made + i) % 300}` } : { body: 'a message of usual length '.repeat(16) }),
    );
    json += jsonBytes(commits);
    const start = performance.now();
    await commitAll(store, commits);
    costs.push((performance.now() - start) / CHUNK);
    const now = sizeOf(place);
    bytes.push((now - before) / CHUNK);
    before = now;
  }
  const size = EVENTS.toLocaleString('en');
  limit(`one room of ${size}: ms for each event at the end, against those at first`, lastOf(costs), 'ms', 1.5, firstOf(costs));
  limit(`one room of ${size}: bytes on disk for each event at the end, against those at first`, lastOf(bytes), 'B', 1.5, firstOf(bytes));
  limit(`state at a random old event of the room of ${EVENTS.toLocaleString('en')}, p99`, await stateTimes(store, room.room_id), 'ms', 10);
  await store.close();
  limit(
    'bytes on disk per message, against its canonical JSON',
    statSync(join(at('big'), 'openguild.db')).size / EVENTS,
    'B',
    2,
    json / EVENTS,
  );
}

async function manyMembers(): Promise<void> {
  const place = join(at('members'), 'openguild.db');
  const store = await SqliteStore.open(at('members'));
  const room = new SampleRoom('members');
  const member = (n: number) =>
    room.next({
      type: 'm.room.member',
      stateKey: `@member${n}:server${n % 50}.example`,
      body: 'join, with a display name, keys and signatures '.repeat(8),
    });
  for (let n = 0; n < MEMBERS; n += CHUNK)
    await commitAll(
      store,
      Array.from({ length: Math.min(CHUNK, MEMBERS - n) }, (_, i) => member(n + i)),
    );
  const costs: number[] = [];
  const sizes = [sizeOf(place)];
  let json = 0;
  for (let n = 0; n < CHANGES; n += CHUNK) {
    const changes = Array.from({ length: Math.min(CHUNK, CHANGES - n) }, (_, i) => member(((n + i) * 7_919) % MEMBERS));
    json += jsonBytes(changes);
    const start = performance.now();
    await commitAll(store, changes);
    costs.push((performance.now() - start) / changes.length);
    sizes.push(sizeOf(place));
  }
  const what = `${CHANGES.toLocaleString('en')} changes of ${MEMBERS.toLocaleString('en')} members`;
  limit(`${what}: ms for each at the end, against those at first`, lastOf(costs), 'ms', 1.5, firstOf(costs));
  const bytes = sizes.slice(1).map((size, index) => (size - (sizes[index] ?? 0)) / CHUNK);
  limit(`${what}: bytes on disk for each at the end, against those at first`, lastOf(bytes), 'B', 1.5, firstOf(bytes));
  const wholeState = `whole state of ${MEMBERS.toLocaleString('en')} members at a random old event, p99`;
  report.measure(wholeState, await stateTimes(store, room.room_id), 'ms', null);
  await store.close();
  const each = ((sizes.at(-1) ?? 0) - (sizes[0] ?? 0)) / CHANGES;
  limit(`${what}: bytes on disk for each, against its canonical JSON`, each, 'B', 3, json / CHANGES);
}

/** Bytes of the database file, with all that is in its log. */
function sizeOf(file: string): number {
  const db = new Database(file);
  db.pragma('wal_checkpoint(PASSIVE)');
  db.close();
  return statSync(file).size;
}

function firstOf(list: readonly number[]): number {
  return median(list.slice(0, Math.max(1, Math.floor(list.length / 4))));
}

function lastOf(list: readonly number[]): number {
  return median(list.slice(-Math.max(1, Math.floor(list.length / 4))));
}

async function stateTimes(store: SqlStore, roomId: string): Promise<number> {
  const last = await store.rooms.position();
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const [row] = await store.rooms.stream((i * 7_907) % last, 1);
    const start = performance.now();
    await store.rooms.stateAfter(roomId, row?.stored.event.event_id ?? '');
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}

async function manyRooms(): Promise<void> {
  const store = await SqliteStore.open(at('rooms'));
  await commitAll(store, messages(10_000, 0).creates);
  await store.close();
  // In a process that has done nothing else.
  const told = execFileSync(process.execPath, [join(import.meta.dirname, 'open-store.ts'), at('rooms')], { encoding: 'utf8' });
  const { rooms, ms, before, after } = JSON.parse(told) as Record<'rooms' | 'ms' | 'before' | 'after', number>;
  if (rooms !== 10_000) throw new Error('rooms are missing');
  limit('open a store with 10,000 rooms, and list them', ms, 'ms', 500);
  limit('memory (RSS) of a process that has done so', after / 1e6, 'MB', 100);
  report.measure('of which it had before, with all modules loaded', before / 1e6, 'MB', null);
}
