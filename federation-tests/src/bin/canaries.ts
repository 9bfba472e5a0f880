import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from 'commander';
import { CANARIES } from '../canary/canaries.ts';
import { type Canary, NO_SUCH_LINE } from '../canary/canary.ts';
import { commandLine, positive, whole } from '../command-line.ts';

interface Options {
  readonly rule?: readonly Canary[];
  readonly histories: number;
  readonly minutes: number;
  readonly jobs: number;
  readonly seed: string;
}

const values = commandLine({
  name: 'canaries',
  description:
    'Switches off one rule of the compiled engine after another; the simulator, or the enumeration of small worlds, must notice. Each runs in a process of its own, and one that does not end is ended, and counts as noticed.',
  examples: [
    ['--rule AUTH-5.2,RES-8', 'all canaries of two rules'],
    ['--jobs 1 --minutes 2', 'all of them, each for at most two minutes of runs'],
  ],
  exitCodes: { 0: 'all were noticed but those that other rules imply', 1: 'some were not' },
})
  .option('--rule <names>', 'canaries of these rules only, or of these names, with commas between (default: all)', canariesOf)
  .option('--histories <n>', 'the most histories for each', whole(1), 300)
  .option('--minutes <m>', 'the most time for each in runs, and once more in small worlds', positive, 10)
  .option('--jobs <n>', 'processes at the same time', whole(1, 256), 2)
  .option('--seed <text>', 'of the histories', 'canary')
  .parse()
  .opts<Options>();

function canariesOf(text: string): readonly Canary[] {
  const rules = text.split(',');
  const nothing = rules.find((rule) => !CANARIES.some((canary) => belongs(canary, rule)));
  if (nothing !== undefined) throw new InvalidArgumentError(`There is no canary of ${nothing}.`);
  return CANARIES.filter((canary) => rules.some((rule) => belongs(canary, rule)));
}

function belongs({ name }: Canary, rule: string): boolean {
  return name === rule || name.startsWith(`${rule} `);
}

/** A process ends by itself after its minutes, the history that then runs and making smaller what was found; this long after the minutes it will not end any more. */
const GRACE_MS = 90_000;

/** Always the compiled program: it is what canaries change. */
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

interface Caught {
  readonly canary: Canary;
  readonly histories: number;
  readonly by: string | null;
  readonly seconds: number;
}

/** One program of this folder with one rule switched off: its exit code, and what it wrote. */
function start(
  canary: Canary,
  program: string,
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly ended: boolean; readonly out: string; readonly err: string }> {
  const args = ['--import', join(dist, 'canary', 'load-hook.js'), join(dist, 'bin', `${program}.js`), ...options];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, OPENGUILD_CANARY: JSON.stringify(canary) };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    let ended = true;
    const limit = setTimeout(
      () => {
        ended = false;
        child.kill('SIGKILL');
      },
      values.minutes * 60_000 + GRACE_MS,
    );
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      if (code === NO_SUCH_LINE) reject(new Error(err));
      else resolve({ code, ended, out, err });
    });
  });
}

/** First the simulator, then every small world. What breaks down altogether is noticed as well. */
async function run(canary: Canary, folder: string): Promise<Caught> {
  const given = { seed: values.seed, histories: values.histories, minutes: values.minutes, save: folder };
  const options = Object.entries({ ...given, model: 1, real: canary.real === true ? 1 : 0, twice: 0 }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  if (canary.portable === true) options.push('--portable');
  if (canary.runs !== undefined) options.push('--only', canary.runs);
  if (canary.worlds !== undefined) {
    const worlds = await inWorlds(canary, folder);
    if (worlds.by !== null) return worlds;
  }
  const { out, err, ended } = await start(canary, 'sim', [...options, '--json']);
  if (!ended) return { canary, histories: 1, by: 'a run that does not end', seconds: values.minutes * 60 + GRACE_MS / 1_000 };
  const line = out.trim();
  if (line === '')
    return {
      canary,
      histories: 1,
      by: `breakdown: ${err.split('\n').find((each) => /Error/.test(each)) ?? err.slice(0, 200)}`,
      seconds: 0,
    };
  const data = JSON.parse(line) as { histories: number; seconds: number; findings: { invariant: string }[] };
  const by = data.findings[0]?.invariant;
  if (by !== undefined || canary.implied !== undefined) return { canary, histories: data.histories, by: by ?? null, seconds: data.seconds };
  const small = await inWorlds(canary, folder);
  return { ...small, histories: data.histories, seconds: data.seconds + small.seconds };
}

async function inWorlds(canary: Canary, folder: string): Promise<Caught> {
  const { acts, events } = canary.worlds ?? { acts: [], events: 2 };
  const begun = performance.now();
  const some = acts.length === 0 ? [] : ['--acts', acts.join('|')];
  const { code } = await start(canary, 'enumerate', [
    '--events',
    String(events),
    ...some,
    '--first',
    '--seconds',
    String(60 * values.minutes),
    '--save',
    folder,
  ]);
  return { canary, histories: 0, by: code === 0 ? null : 'enumeration', seconds: (performance.now() - begun) / 1_000 };
}

const folder = mkdtempSync(join(tmpdir(), 'openguild-canaries-'));
const waiting = [...(values.rule ?? CANARIES)];
const caught: Caught[] = [];
await Promise.all(
  Array.from({ length: values.jobs }, async () => {
    for (let canary = waiting.shift(); canary !== undefined; canary = waiting.shift()) {
      const result = await run(canary, folder);
      caught.push(result);
      const what =
        result.by === null ? (canary.implied === undefined ? 'NOT CAUGHT' : `implied: ${canary.implied}`) : `caught by ${result.by}`;
      process.stdout.write(`${canary.name.padEnd(18)} ${what} after ${result.histories} histories, ${result.seconds.toFixed(1)} s\n`);
    }
  }),
);
rmSync(folder, { recursive: true, force: true });
const inRuns = caught.filter(({ by, histories }) => by !== null && histories > 0).map(({ histories }) => histories);
const median = inRuns.toSorted((a, b) => a - b)[Math.floor(inRuns.length / 2)] ?? 0;
const missed = caught.filter(({ by, canary }) => by === null && canary.implied === undefined);
process.stdout.write(
  `${caught.filter(({ by }) => by !== null).length} of ${caught.length} caught (in runs: after ${median} histories at the median, ${Math.max(0, ...inRuns)} at most), ${caught.filter(({ by, canary }) => by === null && canary.implied !== undefined).length} implied by other rules, missed: ${missed.map(({ canary }) => canary.name).join(', ') || 'none'}\n`,
);
process.exitCode = missed.length > 0 ? 1 : 0;
