import { shrink } from '../replay/shrink.ts';
import { saveHistory } from '../series/save-history.ts';
import type { HistoryRunner, HistoryTask, RanHistory } from '../sim/history-runner.ts';
import type { KeptFinding } from '../sim/keep-findings.ts';
import type { Finding } from '../sim/ledger.ts';
import { ANY_MATRIX_VERSION, type MatrixReport, runMatrixHistory } from './run-matrix-history.ts';

export interface MatrixHistoriesOptions {
  /** One version; undefined: any, drawn for each history. */
  readonly version: string | undefined;
  /** Where what is found is written; made when something is. */
  readonly folder: string;
}

/** Histories of Matrix rooms. */
export class MatrixHistories implements HistoryRunner {
  readonly #options: MatrixHistoriesOptions;
  readonly #say: (line: string) => void;
  #last: { readonly report: MatrixReport; readonly findings: readonly Finding[] } | null = null;

  constructor(options: MatrixHistoriesOptions, say: (line: string) => void) {
    this.#options = options;
    this.#say = say;
  }

  async run({ seed, twice }: HistoryTask): Promise<RanHistory> {
    const { version } = this.#options;
    const report = await runMatrixHistory(seed, version);
    const findings = [...report.findings];
    if (twice) {
      const { digest } = await runMatrixHistory(seed, version);
      if (digest !== report.digest)
        findings.push({ invariant: 'determinism', detail: `two runs of ${seed} differ: ${report.digest}, ${digest}` });
    }
    this.#last = { report, findings };
    const { events, judged, handled, messages, digest, coverage, faults } = report;
    return {
      events,
      judged,
      handled,
      messages,
      digest,
      findings,
      coverage,
      faults: new Map(Object.entries(faults)),
      matrix: true,
    };
  }

  /** The history as a file, smaller if judging its events alone shows what is wrong. */
  keep(): Promise<readonly KeptFinding[]> {
    const { report, findings = [] } = this.#last ?? {};
    const [first] = findings;
    if (report === undefined || first === undefined) return Promise.resolve([]);
    const { seed, history } = report;
    const { folder, version: given = ANY_MATRIX_VERSION } = this.#options;
    const file = saveHistory(folder, seed, '', history);
    const small = shrink(history);
    const shrunk = small === null ? null : saveHistory(folder, seed, '.small', small);
    const again = `npm run sim -- --one --seed ${seed} --version ${given}`;
    this.#say(`FOUND ${first.invariant} in ${seed}, version ${history.header.room_version}: ${first.detail.slice(0, 500)}`);
    this.#say(`  the run again: ${again}`);
    this.#say(
      `  its events:    npm run replay -- ${shrunk ?? file}${small === null ? '' : ` (${small.pdus.length} of ${history.pdus.length} events)`}`,
    );
    const replay = shrunk === null ? again : `npm run replay -- ${shrunk}`;
    return Promise.resolve(findings.map((finding) => ({ ...finding, seed, file, shrunk, replay })));
  }
}
