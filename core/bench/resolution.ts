import { bestCpuMs, ed25519Rate } from '../../scripts/lib/cpu-time.ts';
import { MatrixBenchInput } from './matrix-input.ts';
import { NativeBenchInput } from './native-input.ts';
import { Report } from '../../scripts/lib/bench-report.ts';

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

const report = new Report();
console.log(`node:crypto verifies ${Math.round(rate)} Ed25519 signatures a second: the reference's figures times ${slower.toFixed(2)}`);
console.log(`an event enters the auth index in ${indexUs.toFixed(1)} us, once`);
/** Whether it is the right result, and in less than the reference's time. */
for (const { name, ms, ruma, right } of [...matrix, ...maps, ...native])
  report.measure(
    `resolution ${name}, against ruma-state-res`,
    ms,
    'ms',
    ruma * slower,
    right === null ? 'ratio < 1' : `ratio < 1; the result is ${right ? 'equal' : 'WRONG'}`,
    (ratio) => right !== false && ratio < 1,
  );
for (const shape of SHAPES) {
  for (const version of ['v11', 'v12']) growth(matrix, shape, version, MAX_GROWTH);
  for (const version of ['v11 maps', 'v12 maps']) growth(maps, shape, version, null);
  growth(native, shape, 'native', null);
}
report.write();
if ([...matrix, ...maps].some(({ right }) => right === false)) process.exitCode = 1;

function growth(timed: readonly Timed[], shape: string, version: string, goal: number | null): void {
  const cost = (size: number): number => {
    const { ms, events } = timed.find(({ name }) => name === `${shape}-${size}-${version}`) as Timed;
    return (ms / events) * 1000;
  };
  const name = `resolution ${shape} ${version}, cost per event at 10,000 against 100`;
  if (goal === null) report.measure(name, cost(10_000), 'us', cost(100));
  else report.measure(name, cost(10_000), 'us', cost(100), `ratio <= ${goal}`, (ratio) => ratio <= goal);
}
