import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isPostgresUrl, openStore } from '@openguild/storage';
import { Acknowledged, CrashFinding } from './acknowledged.ts';
import { compare } from './compare.ts';
import { seeded } from './seeded.ts';
import { framesOf, tearLog } from './torn-log.ts';

const WRITER = join(import.meta.dirname, 'crash-writer.ts');

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
  const all = new Acknowledged();
  const media = await mkdtemp(join(tmpdir(), 'openguild-crash-media-'));
  for (let run = 0; run < runs; run++) {
    const name = `s${seed}r${run}`;
    const lines = await killedWriter([place, name, String(random(2 ** 31)), media], name, random);
    all.take(lines, name);
    let torn = '';
    const ended = lines.findLast((line) => !line.startsWith('leaving ')) === 'end';
    if (!isPostgresUrl(place) && (broken || random(2) === 0)) torn = await losePower(place, all, ended, random, broken);
    const store = await openStore(place);
    try {
      await compare(store, media, all, name);
    } finally {
      await store.close();
    }
    progress(
      `run ${run + 1} of ${runs}: ${lines.length} acknowledged, ${all.events.size} events in all${torn === '' ? '' : `; power lost: ${torn}`}`,
    );
  }
  // Left where it is if something was found.
  await rm(media, { recursive: true });
  return all.events.size;
}

/** What the writer printed until it was killed. */
async function killedWriter(words: readonly string[], name: string, random: (below: number) => number): Promise<string[]> {
  const writer = spawn(process.execPath, [WRITER, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
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
      (one) => !all.seen.has(one) && !all.events.has(one) && !all.isKnown('value', one),
    );
  if (broken) return tearLog(log, commits.at(Math.floor(commits.length / 2))?.end ?? 0, () => 0);
  const synced = commits.at(lastIsOpen ? -2 : -1)?.end;
  return synced === undefined ? 'nothing to tear' : tearLog(log, synced, random);
}
