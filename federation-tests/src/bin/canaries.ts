import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from 'commander';
import { CANARIES } from '../canary/canaries.ts';
import type { Canary } from '../canary/canary.ts';
import { type Caught, GRACE_MS, runCanary } from '../canary/run-canary.ts';
import { drawMutants, ENGINE } from '../canary/mutants.ts';
import { commandLine, positive, whole } from '../command-line.ts';

interface Options {
  readonly rule?: readonly Canary[];
  readonly histories: number;
  readonly minutes?: number;
  readonly mutants?: number;
  readonly in: string;
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
    ["--mutants 20 --in 'core/dist/auth/*.js'", 'twenty changes that nobody thought of'],
  ],
  exitCodes: { 0: 'all were noticed but those that other rules imply', 1: 'some were not' },
})
  .option('--rule <names>', 'canaries of these rules only, or of these names, with commas between (default: all)', canariesOf)
  .option('--histories <n>', 'the most histories for each', whole(1), 300)
  .option('--minutes <m>', 'the most time for each in runs, and once more in small worlds (default: 10; 0.5 for mutants)', positive)
  .option(
    '--mutants <n>',
    'so many changes instead, drawn from the seed among all that mutation operators make of the engine; the simulator alone must notice',
    whole(1),
  )
  .option('--in <glob>', 'compiled files that mutants change', ENGINE)
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
const { mutants, minutes = mutants === undefined ? 10 : 0.5 } = values;
const series = { ...values, minutes, dist, folder, graceMs: GRACE_MS, runsOnly: mutants !== undefined };
const root = fileURLToPath(new URL('../../../', import.meta.url));
const waiting = mutants === undefined ? [...(values.rule ?? CANARIES)] : drawMutants(root, values.in, values.seed, mutants);
const caught: Caught[] = [];
await Promise.all(
  Array.from({ length: values.jobs }, async () => {
    for (let canary = waiting.shift(); canary !== undefined; canary = waiting.shift()) {
      const result = await runCanary(canary, series);
      caught.push(result);
      process.stdout.write(`${canary.name.padEnd(18)} ${told(result)}\n`);
    }
  }),
);
rmSync(folder, { recursive: true, force: true });
const inRuns = caught.filter(({ by, histories }) => by !== null && histories > 0);
const missed = caught.filter(({ by, canary }) => by === null && canary.implied === undefined);
const brokenDown = inRuns.filter(isBreakdown);
process.stdout.write(
  [
    `${caught.filter(({ by }) => by !== null).length} of ${caught.length} caught (in runs: after ${median(inRuns.map(({ histories }) => histories))} histories at the median, ${Math.max(0, ...inRuns.map(({ histories }) => histories))} at most)`,
    ...(mutants === undefined ? [] : [`${brokenDown.length} of them by a breakdown`]),
    `${caught.filter(({ by, canary }) => by === null && canary.implied !== undefined).length} implied by other rules`,
    `missed: ${missed.map(({ canary }) => canary.name).join(', ') || 'none'}\n`,
  ].join(', '),
);
process.exitCode = missed.length > 0 ? 1 : 0;

function told({ canary, by, histories, seconds, events }: Caught): string {
  const what = by === null ? (canary.implied === undefined ? 'NOT CAUGHT' : `implied: ${canary.implied}`) : `caught by ${by}`;
  const small = events === undefined ? '' : `, ${events.left === 0 ? 'about delivery' : `${events.left} of ${events.all} events`}`;
  const change = mutants === undefined ? '' : `\n    ${oneLine(canary.find)} -> ${oneLine(canary.put)}`;
  return `${what} after ${histories} histories, ${seconds.toFixed(1)} s${small}${change}`;
}

function isBreakdown({ by }: Caught): boolean {
  return by?.startsWith('breakdown') === true;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 120);
}
