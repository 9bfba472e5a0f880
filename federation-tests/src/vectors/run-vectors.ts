import type { HistoryResult } from './history-result.ts';
import { isMatrixHistory, judgeMatrixHistory } from './matrix-history.ts';
import { isNativeHistory, judgeNativeHistory } from './native-history.ts';
import { type AnyHistory, readHistories } from './read-histories.ts';

export interface VectorOptions {
  /** Judge every n-th history of each file only. */
  readonly every: number;
  readonly write: (line: string) => void;
  /** Milliseconds, for the rate. */
  readonly now: () => number;
}

export interface VectorCount {
  passed: number;
  failed: number;
  skipped: number;
  disputed: number;
}

/** Judges all histories of the files with the whole receipt pipeline, and reports per file. */
export async function runVectors(files: readonly string[], options: VectorOptions): Promise<VectorCount> {
  const all: VectorCount = { passed: 0, failed: 0, skipped: 0, disputed: 0 };
  for (const file of files) {
    const count = await runFile(file, options);
    for (const key of Object.keys(all) as (keyof VectorCount)[]) all[key] += count[key];
  }
  return all;
}

async function runFile(file: string, { every, write, now }: VectorOptions): Promise<VectorCount> {
  const count: VectorCount = { passed: 0, failed: 0, skipped: 0, disputed: 0 };
  const skips = new Map<string, number>();
  const began = now();
  let events = 0;
  let number = 0;
  for await (const history of readHistories(file)) {
    if (number++ % every !== 0) continue;
    const result = await judge(history);
    events += result.skipped === null ? result.events : 0;
    report(result, count, skips, write);
  }
  const seconds = (now() - began) / 1000;
  for (const [reason, histories] of skips) write(`  skipped ${histories}: ${reason}`);
  const more = count.disputed > 0 ? `, ${count.disputed} disputed and not counted` : '';
  write(
    `${file}: ${count.passed} histories passed, ${count.failed} failed${more}; ${events} events, ${Math.round(events / Math.max(seconds, 0.001))} a second`,
  );
  return count;
}

function judge(history: AnyHistory): Promise<HistoryResult> {
  if (isMatrixHistory(history)) return judgeMatrixHistory(history);
  if (isNativeHistory(history)) return judgeNativeHistory(history);
  throw new Error(`${history.id}: neither a native nor a Matrix history`);
}

function report(
  { id, differences, skipped, disputed }: HistoryResult,
  count: VectorCount,
  skips: Map<string, number>,
  write: (line: string) => void,
): void {
  const [first] = differences;
  if (skipped !== null) {
    count.skipped += 1;
    skips.set(skipped, (skips.get(skipped) ?? 0) + 1);
  } else if (disputed) {
    count.disputed += 1;
    write(
      `  disputed ${id}: ${first === undefined ? 'no difference' : `${differences.length} differences, first ${first.event}: ${first.field}`}`,
    );
  } else if (first === undefined) {
    count.passed += 1;
  } else {
    count.failed += 1;
    write(`  FAILED ${id}: ${differences.length} differences, the first at ${first.event}: ${first.field}`);
    write(`    expected ${first.expected}`);
    write(`    got      ${first.got}${first.rule === null ? '' : ` (${first.rule})`}`);
  }
}
