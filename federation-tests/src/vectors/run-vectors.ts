import { type HistoryResult, MalformedHistoryError } from './history-result.ts';
import { isMatrixHistory, judgeMatrixHistory } from './matrix-history.ts';
import { isNativeHistory, judgeNativeHistory } from './native-history.ts';
import { type AnyHistory, readHistories } from './read-histories.ts';
import { errorText } from '../error-text.ts';

export interface VectorOptions {
  /** Judge every n-th history of each file only. */
  readonly every: number;
  readonly write: (line: string) => void;
  /** Milliseconds, for the rate. */
  readonly now: () => number;
  /** Of a line of a file, before it is unpacked into a history. */
  readonly maxLineBytes?: number;
}

export interface VectorCount {
  passed: number;
  failed: number;
  skipped: number;
  disputed: number;
}

/** Judges all histories of the files with the whole receipt pipeline, and reports per file. One bad line, history or file never keeps the others from being judged. */
export async function runVectors(files: readonly string[], options: VectorOptions): Promise<VectorCount> {
  const all: VectorCount = { passed: 0, failed: 0, skipped: 0, disputed: 0 };
  for (const file of files) {
    const count = await runFile(file, options);
    for (const key of Object.keys(all) as (keyof VectorCount)[]) all[key] += count[key];
  }
  return all;
}

async function runFile(file: string, { every, write, now, maxLineBytes }: VectorOptions): Promise<VectorCount> {
  const count: VectorCount = { passed: 0, failed: 0, skipped: 0, disputed: 0 };
  const skips = new Map<string, number>();
  const fail = (what: string, fault: string): void => {
    count.failed += 1;
    write(`  FAILED ${what}: ${fault}`);
  };
  const began = now();
  let events = 0;
  let number = 0;
  for await (const read of readHistories(file, maxLineBytes)) {
    if (read.fault !== undefined) fail(`${file}:${read.line}`, read.fault);
    else if (number++ % every === 0) {
      const result = await judge(read.history);
      if (typeof result === 'string') fail(`${file}:${read.line} ${read.history.id}`, result);
      else {
        events += result.skipped === null ? result.events : 0;
        report(result, count, skips, write);
      }
    }
  }
  if (number === 0 && count.failed === 0) fail(file, 'there is no history in it');
  const seconds = (now() - began) / 1000;
  for (const [reason, histories] of skips) write(`  skipped ${histories}: ${reason}`);
  const more = count.disputed > 0 ? `, ${count.disputed} disputed and not counted` : '';
  write(
    `${file}: ${count.passed} histories passed, ${count.failed} failed${more}; ${events} events, ${Math.round(events / Math.max(seconds, 0.001))} a second`,
  );
  return count;
}

/** The result, or why the history cannot be judged: it breaks its own format, or so much that the replay itself fails. */
async function judge(history: AnyHistory): Promise<HistoryResult | string> {
  try {
    if (isMatrixHistory(history)) return await judgeMatrixHistory(history);
    if (isNativeHistory(history)) return await judgeNativeHistory(history);
    return 'neither a native nor a Matrix history';
  } catch (error) {
    if (error instanceof MalformedHistoryError) return `malformed: ${error.message}`;
    return `it cannot be replayed: ${errorText(error)}`;
  }
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
