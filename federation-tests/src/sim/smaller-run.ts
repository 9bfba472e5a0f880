import { cuts } from '../replay/cuts.ts';
import { partsOf } from './parts.ts';
import { type HistoryReport, runHistory } from './run-history.ts';
import type { ShapeOptions } from './shape.ts';

/** Runs that are tried, and how few where what was found is that they do not end. */
const [TRIALS, TRIALS_OF_LIVENESS] = [60, 10];

/** A smaller run that breaks the same invariant, and how to have it again. */
export interface SmallerRun {
  readonly report: HistoryReport;
  readonly shape: ShapeOptions;
}

/**
 * The same run without acts, faults and conditions that it does not take to break the same invariant: ever smaller pieces are left out. For what happens between
 * servers, which no judgement of single events shows.
 */
export async function smallerRun(report: HistoryReport, shape: ShapeOptions): Promise<SmallerRun> {
  const invariant = report.findings[0]?.invariant;
  let trials = invariant === 'liveness' ? TRIALS_OF_LIVENESS : TRIALS;
  let best: SmallerRun = { report, shape };
  let parts = partsOf(report.shape).filter((part) => shape.without?.has(part) !== true);
  const all = new Set([...parts, ...(shape.without ?? [])]);
  for (const [from, to] of cuts(() => parts.length)) {
    if (trials-- === 0) break;
    const left = [...parts.slice(0, from), ...parts.slice(to)];
    const without = new Set([...all].filter((part) => !left.includes(part)));
    // Where the engine is broken a run may break down altogether.
    const smaller = await runHistory(report.seed, { ...shape, without }).catch(() => null);
    if (smaller === null || smaller.findings[0]?.invariant !== invariant || smaller.events > best.report.events) continue;
    best = { report: smaller, shape: { ...shape, without } };
    parts = left;
  }
  return best;
}
