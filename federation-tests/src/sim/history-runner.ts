import { NATIVE_VERSION } from '@openguild/core';
import { MatrixHistories } from '../matrix/matrix-histories.ts';
import { ANY_MATRIX_VERSION } from '../matrix/run-matrix-history.ts';
import type { Runner } from '../series/runner.ts';
import { Random } from './environment/random.ts';
import type { KeptFinding } from './keep-findings.ts';
import { NativeHistories } from './native-histories.ts';
import type { HistoryReport } from './run-history.ts';
import type { ShapeOptions } from './shape.ts';

/** In place of a version: any, those of Matrix among them. */
export const ANY_VERSION = 'any';
/** So many histories are of Matrix rooms where any may be. */
const MATRIX_SHARE = 0.15;

export interface HistoryTask {
  readonly seed: string;
  /** Runs it twice, the second time without anything remembered of copies, to see that both are the same. */
  readonly twice: boolean;
}

/** What a series counts of one history. */
export type RanHistory = Pick<HistoryReport, 'events' | 'judged' | 'handled' | 'messages' | 'digest' | 'findings'> & {
  readonly coverage: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
  /** It was that of a Matrix room. */
  readonly matrix: boolean;
};

/** What the runs of one series have in common. */
export interface HistoryRunnerOptions {
  /** Its version: one of the table, `any` or `matrix`. */
  readonly shape: ShapeOptions;
  /** Where what is found is written; made when something is. */
  readonly folder: string;
}

export type HistoryRunner = Runner<HistoryTask, RanHistory, readonly KeptFinding[]>;

/** Runs histories in this thread, each of the version that is asked for, or that its seed draws. */
export class LocalHistoryRunner implements HistoryRunner {
  readonly #version: string;
  readonly #native: NativeHistories;
  readonly #matrix: MatrixHistories;
  #last: HistoryRunner;

  constructor({ shape, folder }: HistoryRunnerOptions, say: (line: string) => void, verbose?: (line: string) => void) {
    const { version } = shape;
    this.#version = version;
    this.#native = new NativeHistories({ shape: { ...shape, version: NATIVE_VERSION }, folder }, say, verbose);
    const any = version === ANY_VERSION || version === ANY_MATRIX_VERSION;
    this.#matrix = new MatrixHistories({ version: any ? undefined : version, folder }, say);
    this.#last = this.#native;
  }

  run(task: HistoryTask): Promise<RanHistory> {
    const native =
      this.#version === ANY_VERSION ? !new Random(`version ${task.seed}`).chance(MATRIX_SHARE) : this.#version === NATIVE_VERSION;
    this.#last = native ? this.#native : this.#matrix;
    return this.#last.run(task);
  }

  keep(): Promise<readonly KeptFinding[]> {
    return this.#last.keep();
  }
}
