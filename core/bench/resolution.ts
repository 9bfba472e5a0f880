import { writeFileSync } from 'node:fs';
import { bestCpuMs, ed25519Rate } from './cpu-time.ts';
import { MatrixBenchInput } from './matrix-input.ts';
import { NativeBenchInput } from './native-input.ts';
import type { Measurement } from './report.ts';

/** Milliseconds of ruma-state-res 0.18.0 (Rust, release) on a machine that verifies `RUMA_MACHINE_RATE` signatures a second; see spec/matrix/README.md. */
const RUMA_MS: Readonly<Record<string, number>> = {
  'members-100-v11': 0.78,
  'members-100-v12': 0.73,
  'members-1000-v11': 10.2,
  'members-1000-v12': 10.5,
  'members-10000-v11': 195,
  'members-10000-v12': 167,
  'power-100-v11': 1.45,
  'power-100-v12': 1.98,
  'power-1000-v11': 20,
  'power-1000-v12': 21,
  'power-10000-v11': 404,
  'power-10000-v12': 345,
};
const RUMA_MACHINE_RATE = 16_000;
const SHAPES = ['members', 'power'] as const;
const SIZES = [100, 1000, 10_000] as const;
/** Cost per conflicted event at 10,000 of them against 100. */
const MAX_GROWTH = 1.5;
/** What is measured, as for the figures above: milliseconds of CPU, the best run, prepared. */
const RUNS = 15;
const RUNS_MS = 1500;

interface Timed {
  readonly name: string;
  readonly events: number;
  readonly ms: number;
  readonly ruma: number;
  /** Null: there is no other implementation to compare with. */
  readonly right: boolean | null;
}

/** The best of several: other work on the machine while this is measured must not make the reference look slow. */
let rate = 0;

function measure(work: () => unknown): number {
  rate = Math.max(rate, ed25519Rate());
  return bestCpuMs(1, RUNS, RUNS_MS, work);
}

/** The resolution itself, and as a room asks for it: between maps of texts. */
const [matrix, maps]: [Timed[], Timed[]] = [[], []];
let indexUs = 0;
for (const [name, ruma] of Object.entries(RUMA_MS)) {
  const input = new MatrixBenchInput(name);
  const { conflicted: events } = input;
  matrix.push({ name, events, ruma, ms: measure(() => input.resolve()), right: input.isRight(input.resolve()) });
  maps.push({ name: `${name} maps`, events, ruma, ms: measure(() => input.resolveMaps()), right: input.areRight(input.resolveMaps()) });
  indexUs = (input.indexMs / input.events) * 1000;
}
const native = SHAPES.flatMap((shape) =>
  SIZES.map((events): Timed => {
    const input = new NativeBenchInput(shape, events);
    const ruma = RUMA_MS[`${shape}-${events}-v12`] as number;
    return { name: `${shape}-${events}-native`, events, ruma, ms: measure(() => input.resolve()), right: null };
  }),
);
const slower = RUMA_MACHINE_RATE / rate;

/** Whether it is the right result, and in less than the reference's time. */
function againstRuma({ name, ms, ruma, right }: Timed): Measurement {
  const baseline = ruma * slower;
  return {
    name: `resolution ${name}`,
    value: ms,
    unit: 'ms',
    baseline,
    ratio: ms / baseline,
    goal: right === null ? 'ratio <= 1' : 'ratio < 1 and the right result',
    holds: right !== false && ms < baseline,
  };
}

function growth(timed: readonly Timed[], shape: string, version: string, goal: number | null): Measurement {
  const cost = (size: number): number => {
    const { ms, events } = timed.find(({ name }) => name === `${shape}-${size}-${version}`) as Timed;
    return (ms / events) * 1000;
  };
  const [small, large] = [cost(100), cost(10_000)];
  return {
    name: `resolution ${shape} ${version}, cost per event at 10,000 against 100`,
    value: large,
    unit: 'us',
    baseline: small,
    ratio: large / small,
    goal: goal === null ? 'reported' : `ratio <= ${goal}`,
    holds: goal === null ? null : large / small <= goal,
  };
}

const timed = [...matrix, ...maps, ...native];
const comparisons = timed.map(againstRuma);
const growths = SHAPES.flatMap((shape) => [
  ...['v11', 'v12'].map((version) => growth(matrix, shape, version, MAX_GROWTH)),
  ...['v11 maps', 'v12 maps'].map((version) => growth(maps, shape, version, null)),
  growth(native, shape, 'native', null),
]);
console.log(`node:crypto verifies ${Math.round(rate)} Ed25519 signatures a second: the reference's figures times ${slower.toFixed(2)}`);
console.log(`an event enters the auth index in ${indexUs.toFixed(1)} us, once`);
console.log('input                      events         ms   us/event    ruma ms   ratio   result');
for (const [i, { name, events, ms, ruma, right }] of timed.entries()) {
  const columns = [ms.toFixed(3), ((ms / events) * 1000).toFixed(2), (ruma * slower).toFixed(2)].map((text) => text.padStart(10));
  const result = right === null ? '' : right ? 'equal' : 'WRONG';
  console.log(`${name.padEnd(24)} ${String(events).padStart(8)} ${columns.join(' ')}   ${comparisons[i]?.ratio?.toFixed(3)}   ${result}`);
}
for (const { name, ratio, goal } of growths) console.log(`${name}: ${ratio?.toFixed(2)} (${goal})`);

const option = process.argv.indexOf('--json');
if (option >= 0) writeFileSync(process.argv[option + 1] as string, `${JSON.stringify([...comparisons, ...growths], null, 2)}\n`);
if (timed.some(({ right }) => right === false)) process.exitCode = 1;
