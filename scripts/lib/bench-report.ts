import { writeFileSync } from 'node:fs';

/** One line of a report. `ratio`: value to baseline. `holds`: whether it is within the goal; null where there is none. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly goal: string;
  readonly holds: boolean | null;
}

/** What was measured, told line by line as it comes. */
export class Report {
  readonly #lines: Measurement[] = [];

  say(line: Measurement): void {
    this.#lines.push(line);
    const { name, value, unit, baseline, ratio, goal, holds } = line;
    const against = baseline === null ? '' : ` against ${round(baseline)}, ratio ${ratio?.toFixed(2)}`;
    console.log(`${holds === null ? ' ' : holds ? '+' : '!'} ${name}: ${round(value)} ${unit}${against} (${goal})`);
  }

  /** A value against a baseline of the same run, or alone; `holds` is asked about their ratio, of one that stands alone about the value. */
  measure(
    name: string,
    value: number,
    unit: string,
    baseline: number | null,
    goal = 'reported',
    holds: ((of: number) => boolean) | null = null,
  ): void {
    const ratio = baseline === null ? null : value / baseline;
    this.say({ name, value, unit, baseline, ratio, goal, holds: holds === null ? null : holds(ratio ?? value) });
  }

  /** Into the file that `--json` names, if it is given. */
  write(): void {
    const option = process.argv.indexOf('--json');
    if (option > 0) writeFileSync(process.argv[option + 1] as string, `${JSON.stringify(this.#lines, null, 2)}\n`);
  }
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** The middle of some numbers, the upper one of an even count; 0 of none. */
export function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0;
}
