import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkStore, isPostgresUrl, openStore, type SqlStore } from '@openguild/storage';
import { seeded } from './seeded.ts';
import { framesOf, tearLog } from './torn-log.ts';

const WRITER = join(import.meta.dirname, 'crash-writer.ts');

/** Something that was acknowledged and is not there, or is there twice, or contradicts the rest. */
export class CrashFinding extends Error {
  override name = 'CrashFinding';
}

interface Acknowledged {
  readonly events: Map<
    string,
    { readonly room_id: string; readonly position: number; readonly sent: boolean; readonly txn: string; readonly run: string }
  >;
  readonly values: Set<string>;
  /** `<user> <key ID>`, `<user> <number>`. */
  readonly claimed: Set<string>;
  readonly messages: Set<string>;
  /** Events and values that were there after an earlier run, acknowledged or not. */
  readonly seen: Set<string>;
}

export interface CrashOptions {
  readonly progress?: (line: string) => void;
  /** Loses what was synced, too, as a disk does that lies: to see that it is found. */
  readonly broken?: boolean;
}

/**
 * Lets processes write to one place again and again and kills each at a random moment; after some, loses what was not synced, as loss of power does (SQLite). After
 * each: all that was acknowledged is there, nothing is there twice, and a check finds nothing. Throws CrashFinding.
 */
export async function crashRuns(
  place: string,
  runs: number,
  seed: number,
  { progress = () => undefined, broken = false }: CrashOptions = {},
): Promise<number> {
  const random = seeded(seed);
  const all: Acknowledged = { events: new Map(), values: new Set(), claimed: new Set(), messages: new Set(), seen: new Set() };
  for (let run = 0; run < runs; run++) {
    const name = `s${seed}r${run}`;
    const lines = await killedWriter(place, name, random(2 ** 31), random);
    remember(all, lines, name);
    let torn = '';
    if (!isPostgresUrl(place) && (broken || random(2) === 0)) torn = await losePower(place, all, lines.at(-1) === 'end', random, broken);
    const store = await openStore(place);
    try {
      await compare(store, all, name);
    } finally {
      await store.close();
    }
    progress(
      `run ${run + 1} of ${runs}: ${lines.length} acknowledged, ${all.events.size} events in all${torn === '' ? '' : `; power lost: ${torn}`}`,
    );
  }
  return all.events.size;
}

/** What the writer printed until it was killed. */
async function killedWriter(place: string, name: string, seed: number, random: (below: number) => number): Promise<string[]> {
  const writer = spawn(process.execPath, [WRITER, place, name, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  // Either at a line, so at a point of the program; or at a time, so at any point of the database.
  const [atLine, atMs] = random(2) === 0 ? [random(400), 20_000] : [Infinity, random(250)];
  const kill = (): void => void writer.kill('SIGKILL');
  let timer: NodeJS.Timeout | undefined;
  createInterface({ input: writer.stdout }).on('line', (line) => {
    if (line === 'ready') timer = setTimeout(kill, atMs);
    else lines.push(line);
    if (lines.length >= atLine) kill();
  });
  await once(writer, 'close');
  clearTimeout(timer);
  if (writer.signalCode !== 'SIGKILL') throw new CrashFinding(`${name} ended by itself: ${lines.at(-1) ?? writer.exitCode}`);
  return lines;
}

function remember(all: Acknowledged, lines: readonly string[], run: string): void {
  for (const line of lines) {
    const [kind, first = '', second = '', position = '', sent = '', txn = ''] = line.split(' ');
    if (kind === 'failed') throw new CrashFinding(`the writer failed: ${line}`);
    if (kind === 'event') all.events.set(second, { room_id: first, position: Number(position), sent: sent === 'sent', txn, run });
    if (kind === 'value') all.values.add(`${first} ${second}`);
    if (kind === 'message') all.messages.add(`${first} ${second}`);
    if (kind !== 'claimed') continue;
    if (all.claimed.has(`${first} ${second}`)) throw new CrashFinding(`${second} of ${first} was claimed twice`);
    all.claimed.add(`${first} ${second}`);
  }
}

/**
 * Tears the end of the log. Transactions run one after the other, and each is acknowledged before the next begins: so all but the last in the log were synced, and the last
 * one as well if anything of it was acknowledged (then `ended` is false, or nothing in the store is new).
 */
async function losePower(
  folder: string,
  all: Acknowledged,
  ended: boolean,
  random: (below: number) => number,
  broken: boolean,
): Promise<string> {
  const log = join(folder, 'openguild.db-wal');
  const commits = framesOf(await readFile(log).catch(() => Buffer.alloc(0))).filter((frame) => frame.commits);
  const copy = `${folder}-whole`;
  await cp(folder, copy, { recursive: true });
  const store = await openStore(copy);
  const rows = await store.rooms.stream(Math.max(0, (await store.rooms.position()) - 1_500), 1_500);
  const values = await store.values.entries('crash');
  await store.close();
  await rm(copy, { recursive: true });
  const lastIsOpen =
    ended &&
    [...rows.map((row) => row.stored.event.event_id), ...values.map(([key]) => key)].some(
      (one) => !all.seen.has(one) && !all.events.has(one) && !all.values.has(one),
    );
  if (broken) return tearLog(log, commits.at(Math.floor(commits.length / 2))?.end ?? 0, () => 0);
  const synced = commits.at(lastIsOpen ? -2 : -1)?.end;
  return synced === undefined ? 'nothing to tear' : tearLog(log, synced, random);
}

/** What was acknowledged of the device of the last run: messages wait, and no key that was claimed is handed out again. */
async function compareDevice(store: SqlStore, all: Acknowledged, user: string): Promise<void> {
  const waiting = new Set((await store.toDevice.read(user, 'd', 0, 100_000)).map((one) => `${user} ${String(one.content['n'])}`));
  for (const message of all.messages)
    if (message.startsWith(`${user} `) && !waiting.has(message)) throw new CrashFinding(`message ${message} is lost`);
  for (;;) {
    const key = await store.devices.claimOneTimeKey(user, 'd', 'signed_curve25519');
    if (key === undefined) return;
    if (all.claimed.has(`${user} ${key.key_id}`)) throw new CrashFinding(`${key.key_id} of ${user} was claimed, and is handed out again`);
  }
}

async function compare(store: SqlStore, all: Acknowledged, run: string): Promise<void> {
  const there = new Map<string, number>();
  for (let after = 0; ; ) {
    const page = await store.rooms.stream(after, 1_000);
    if (page.length === 0) break;
    for (const { position, stored } of page) {
      if (there.has(stored.event.event_id)) throw new CrashFinding(`${stored.event.event_id} is there twice`);
      there.set(stored.event.event_id, position);
    }
    after = page.at(-1)?.position ?? 0;
  }
  const waiting = new Set((await store.outgoing.peek('b.example', 10_000_000)).map((item) => item.event_id));
  for (const [id, { position, sent, txn, run: ofRun }] of all.events) {
    if (there.get(id) !== position)
      throw new CrashFinding(`${id} was acknowledged at ${position}, and is at ${there.get(id) ?? 'no position'}`);
    if (sent && !waiting.has(id)) throw new CrashFinding(`${id} was to be sent, and is in no queue`);
    if (txn === '-' || ofRun !== run) continue;
    const found = await store.rooms.clientTransaction({ user_id: '@a:a.example', device_id: run, txn_id: txn });
    if (found?.event_id !== id) throw new CrashFinding(`transaction ${txn} of ${id} is lost`);
  }
  const values = new Set((await store.values.entries('crash')).map(([key]) => key));
  for (const one of [...there.keys(), ...values]) all.seen.add(one);
  for (const key of all.values) if (!values.has(key)) throw new CrashFinding(`value ${key} is lost`);
  await compareDevice(store, all, `@${run}:a.example`);
  const report = await checkStore(store, { hashes: false });
  if (report.finding_count > 0) throw new CrashFinding(`check: ${JSON.stringify(report.findings.slice(0, 5))}`);
}
