import { writeFileSync } from 'node:fs';
import { MatrixBenchInput } from './matrix-input.ts';
import { bestOf, ed25519Rate } from './measure.ts';
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
/** Cost per conflicted event at 10,000 of them against 100. */
const MAX_GROWTH = 1.5;
const RUNS = 15;
const RUN_FOR_MS = 2000;

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

function measure(name: string, events: number, ruma: number, input: { renew(): unknown; resolve(): unknown }): Omit<Timed, 'right'> {
  rate = Math.max(rate, ed25519Rate());
  const ms = bestOf(
    RUNS,
    RUN_FOR_MS,
    () => input.renew(),
    () => input.resolve(),
  );
  return { name, events, ms, ruma };
}

const matrix = Object.entries(RUMA_MS).map(([name, ruma]): Timed => {
  const input = new MatrixBenchInput(name);
  return { ...measure(name, input.conflicted, ruma, input), right: input.isRight(input.resolve()) };
});
const native = (['members', 'power'] as const).flatMap((shape) =>
  [100, 1000, 10_000].map((size): Timed => {
    const ruma = RUMA_MS[`${shape}-${size}-v12`] as number;
    return { ...measure(`${shape}-${size}-native`, size, ruma, new NativeBenchInput(shape, size)), right: null };
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

function growth(shape: string, version: string): Measurement {
  const cost = (size: number): number => {
    const found = matrix.find(({ name }) => name === `${shape}-${size}-${version}`) as Timed;
    return (found.ms / found.events) * 1000;
  };
  const [small, large] = [cost(100), cost(10_000)];
  return {
    name: `resolution ${shape} ${version}, cost per event at 10,000 against 100`,
    value: large,
    unit: 'us',
    baseline: small,
    ratio: large / small,
    goal: `ratio <= ${MAX_GROWTH}`,
    holds: large / small <= MAX_GROWTH,
  };
}

/**
 * The same against a hundred different rooms of 100, resolved in turn: as many events and as much memory as one room of 10,000, where the hundredth run of one small
 * room finds everything in the processor's cache. Told beside the plain figure, not instead of it.
 */
function growthInMemory(shape: string, version: string): Measurement {
  const rooms = Array.from({ length: 100 }, () => new MatrixBenchInput(`${shape}-100-${version}`));
  const ms = bestOf(
    RUNS,
    RUN_FOR_MS,
    () => rooms.forEach((room) => room.renew()),
    () => rooms.forEach((room) => room.resolve()),
  );
  const small = (ms / rooms.reduce((events, room) => events + room.conflicted, 0)) * 1000;
  const plain = growth(shape, version);
  const name = `resolution ${shape} ${version}, cost per event at 10,000 against 100 rooms of 100`;
  return { ...plain, name, baseline: small, ratio: plain.value / small, goal: 'reported', holds: null };
}

const timed = [...matrix, ...native];
const comparisons = timed.map(againstRuma);
const growths = [growth, growthInMemory].flatMap((grown) =>
  ['members', 'power'].flatMap((shape) => ['v11', 'v12'].map((version) => grown(shape, version))),
);
console.log(`node:crypto verifies ${Math.round(rate)} Ed25519 signatures a second: the reference's figures times ${slower.toFixed(2)}`);
console.log('input                      events         ms   us/event    ruma ms   ratio   result');
for (const [i, { name, events, ms, ruma, right }] of timed.entries()) {
  const columns = [ms.toFixed(3), ((ms / events) * 1000).toFixed(2), (ruma * slower).toFixed(2)].map((text) => text.padStart(10));
  const result = right === null ? '' : right ? 'equal' : 'WRONG';
  console.log(`${name.padEnd(24)} ${String(events).padStart(8)} ${columns.join(' ')}   ${comparisons[i]?.ratio?.toFixed(3)}   ${result}`);
}
for (const { name, ratio, goal } of growths) console.log(`${name}: ${ratio?.toFixed(2)} (${goal})`);

const option = process.argv.indexOf('--json');
if (option >= 0) writeFileSync(process.argv[option + 1] as string, `${JSON.stringify([...comparisons, ...growths], null, 2)}\n`);
if (matrix.some(({ right }) => right === false)) process.exitCode = 1;
