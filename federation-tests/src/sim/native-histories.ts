import type { HistoryRunner, HistoryRunnerOptions, HistoryTask, RanHistory } from './history-runner.ts';
import { type KeptFinding, keepFindings } from './keep-findings.ts';
import type { Finding } from './ledger.ts';
import { type HistoryReport, runHistory } from './run-history.ts';

/** Histories of guilds and plain rooms of the native version. */
export class NativeHistories implements HistoryRunner {
  readonly #options: HistoryRunnerOptions;
  readonly #say: (line: string) => void;
  readonly #verbose: ((line: string) => void) | undefined;
  #last: { readonly report: HistoryReport; readonly findings: readonly Finding[] } | null = null;

  constructor(options: HistoryRunnerOptions, say: (line: string) => void, verbose?: (line: string) => void) {
    this.#options = options;
    this.#say = say;
    this.#verbose = verbose;
  }

  async run({ seed, twice }: HistoryTask): Promise<RanHistory> {
    const { shape } = this.#options;
    const verbose = this.#verbose;
    const report = await runHistory(seed, verbose === undefined ? shape : { ...shape, verbose });
    const findings = [...report.findings];
    if (twice) {
      const again = await runHistory(seed, { ...shape, uncached: true });
      if (again.digest !== report.digest)
        findings.push({ invariant: 'determinism', detail: `two runs of ${seed} differ: ${report.digest}, ${again.digest}` });
    }
    this.#last = findings.length === 0 ? null : { report, findings };
    const { events, judged, handled, messages, digest } = report;
    const { coverage, faults } = report.ledger;
    return { events, judged, handled, messages, digest, findings, coverage, faults, matrix: false };
  }

  async keep(): Promise<readonly KeptFinding[]> {
    return this.#last === null ? [] : keepFindings(this.#last.report, this.#last.findings, this.#options, this.#say);
  }
}
