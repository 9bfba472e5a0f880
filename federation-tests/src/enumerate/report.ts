import type { Tally } from './enumeration.ts';

/** Counts in words, and the smallest example of everything that is broken. */
export function tallyReport({ worlds, rejected, orders, violations }: Tally): string {
  const counts = (record: Readonly<Record<number, number>>): string =>
    Object.entries(record)
      .map(([size, count]) => `${count} of ${size}`)
      .join(', ') || 'none';
  const broken = Object.entries(violations).sort(([, a], [, b]) => b.worlds - a.worlds);
  return [
    `worlds ${counts(worlds)}; rejected ${counts(rejected)}; ${orders} orders of delivery; violations: ${broken.length === 0 ? 'none' : ''}`,
    ...broken.map(
      ([name, { worlds: count, fault, story }]) => `  ${name}: ${count} worlds, for example\n    ${story.join('; ')}\n    ${fault}`,
    ),
  ].join('\n');
}
