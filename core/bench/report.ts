/** One line of a report. `ratio`: value to baseline. `holds`: whether the ratio is within the goal; null where there is none. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly goal: string;
  readonly holds: boolean | null;
}

/** The report as a table for people. */
export function print(report: readonly Measurement[]): void {
  for (const { name, value, unit, baseline, ratio, goal, holds } of report) {
    const against = baseline === null ? '' : ` against ${round(baseline)}, ratio ${ratio?.toFixed(2)} (${goal})`;
    console.log(`${holds === null ? ' ' : holds ? '+' : '!'} ${name}: ${round(value)} ${unit}${against}`);
  }
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
