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

const rate = ed25519Rate();
const slower = RUMA_MACHINE_RATE / rate;
const report: Measurement[] = [];
const perEvent = new Map<string, number>();
let wrong = 0;

console.log(
  `node:crypto verifies ${Math.round(rate)} Ed25519 signatures a second: figures of the reference machine times ${slower.toFixed(2)}`,
);
console.log('input                     conflicted       ms   us/event   ruma ms   ratio   result');
for (const [name, ms] of Object.entries(RUMA_MS)) {
  const input = new MatrixBenchInput(name);
  const value = bestOf(
    15,
    1500,
    () => input.renew(),
    () => input.resolve(),
  );
  const right = input.isRight(input.resolve());
  if (!right) wrong++;
  perEvent.set(name, value / input.conflicted);
  const baseline = ms * slower;
  add({ name: `resolution ${name}`, value, unit: 'ms', baseline, goal: 'ratio < 1, right result', holds: right && value < baseline });
  const columns = [
    value.toFixed(3).padStart(9),
    ((value / input.conflicted) * 1000).toFixed(2).padStart(9),
    baseline.toFixed(2).padStart(9),
  ];
  console.log(
    `${name.padEnd(24)}  ${String(input.conflicted).padStart(9)} ${columns.join(' ')}   ${(value / baseline).toFixed(3)}   ${right ? 'equal' : 'WRONG'}`,
  );
}
for (const [shape, version] of [
  ['members', 'v11'],
  ['members', 'v12'],
  ['power', 'v11'],
  ['power', 'v12'],
]) {
  const small = perEvent.get(`${shape}-100-${version}`) as number;
  const large = perEvent.get(`${shape}-10000-${version}`) as number;
  add({
    name: `resolution ${shape} ${version}, cost per event at 10,000`,
    value: large * 1000,
    unit: 'us',
    baseline: small * 1000,
    goal: `ratio <= ${MAX_GROWTH}`,
    holds: large / small <= MAX_GROWTH,
  });
  console.log(`cost per event, 10,000 to 100, ${shape} ${version}: ${(large / small).toFixed(2)} (at most ${MAX_GROWTH})`);
}
console.log('native, hierarchical      conflicted       ms   us/event   ruma v12   ratio');
for (const shape of ['members', 'power'] as const) {
  for (const size of [100, 1000, 10_000]) {
    const input = new NativeBenchInput(shape, size);
    const value = bestOf(
      8,
      1500,
      () => input.renew(),
      () => input.resolve(),
    );
    const baseline = (RUMA_MS[`${shape}-${size}-v12`] as number) * slower;
    add({ name: `hierarchical resolution ${shape}-${size}`, value, unit: 'ms', baseline, goal: 'ratio <= 1', holds: value <= baseline });
    const columns = [value.toFixed(3).padStart(9), ((value / size) * 1000).toFixed(2).padStart(9), baseline.toFixed(2).padStart(9)];
    console.log(`${`${shape}-${size}`.padEnd(24)}  ${String(size).padStart(9)} ${columns.join(' ')}   ${(value / baseline).toFixed(3)}`);
  }
}
const option = process.argv.indexOf('--json');
if (option >= 0) writeFileSync(process.argv[option + 1] as string, `${JSON.stringify(report, null, 2)}\n`);
if (wrong > 0) process.exitCode = 1;

function add(line: Omit<Measurement, 'ratio'>): void {
  report.push({ ...line, ratio: line.baseline === null ? null : line.value / line.baseline });
}
