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

  write(file: string): void {
    writeFileSync(file, `${JSON.stringify(this.#lines, null, 2)}\n`);
  }
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}
