import { writeFileSync } from 'node:fs';
import { shrink } from '../replay/shrink.ts';
import type { Runner } from '../series/runner.ts';
import { saveIn } from '../series/save-in.ts';
import { writeHistory } from '../sim/history-file.ts';
import { type MatrixReport, runMatrixHistory } from './run-matrix-history.ts';

/** What a series counts of one history. */
export type RanMatrixHistory = Omit<MatrixReport, 'history'>;

export interface MatrixRunnerOptions {
  /** `matrix`: any, drawn for each history. */
  readonly version: string;
  /** Where what is found is written; made when something is. */
  readonly folder: string;
}

/** Runs the history of a seed. */
export type MatrixRunner = Runner<string, RanMatrixHistory, null>;

/** Runs histories of Matrix rooms in this thread. */
export class LocalMatrixRunner implements MatrixRunner {
  readonly #options: MatrixRunnerOptions;
  readonly #say: (line: string) => void;
  #last: MatrixReport | null = null;

  constructor(options: MatrixRunnerOptions, say: (line: string) => void) {
    this.#options = options;
    this.#say = say;
  }

  async run(seed: string): Promise<RanMatrixHistory> {
    const { version } = this.#options;
    this.#last = await runMatrixHistory(seed, version === 'matrix' ? undefined : version);
    const { history: _, ...ran } = this.#last;
    return ran;
  }

  /** The history as a file, smaller if judging its events alone shows what is wrong. */
  async keep(): Promise<null> {
    const first = this.#last?.findings[0];
    if (this.#last === null || first === undefined) return null;
    const { seed, history } = this.#last;
    const { version, folder } = this.#options;
    const name = seed.replaceAll('/', '-');
    const small = shrink(history);
    const file = saveIn(folder, small === null ? `${name}.jsonl` : `${name}.small.jsonl`);
    writeFileSync(file, writeHistory(small ?? history));
    this.#say(`FOUND ${first.invariant} in ${seed}, version ${history.header.room_version}: ${first.detail.slice(0, 500)}`);
    this.#say(`  the run again: npm run sim -- --one --seed ${seed} --version ${version}`);
    this.#say(`  its events:    npm run replay -- ${file} (${(small ?? history).pdus.length} of ${history.pdus.length} events)`);
    return null;
  }
}
