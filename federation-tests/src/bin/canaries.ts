import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from 'commander';
import { CANARIES } from '../canary/canaries.ts';
import type { Canary } from '../canary/canary.ts';
import { type Caught, GRACE_MS, runCanary } from '../canary/run-canary.ts';
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

/** Always the compiled program: it is what canaries change. */
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'openguild-canaries-'));
const series = { ...values, dist, folder, graceMs: GRACE_MS };
const waiting = [...(values.rule ?? CANARIES)];
const caught: Caught[] = [];
await Promise.all(
  Array.from({ length: values.jobs }, async () => {
    for (let canary = waiting.shift(); canary !== undefined; canary = waiting.shift()) {
      const result = await runCanary(canary, series);
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
