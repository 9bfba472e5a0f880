import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { shrink } from '../replay/shrink.ts';
import { writeHistory } from '../sim/history-file.ts';
import { type MatrixReport, runMatrixHistory } from './run-matrix-history.ts';

export interface MatrixCampaignOptions {
  readonly seed: string;
  /** The seed is that of one history, and not of a series. */
  readonly one: boolean;
  /** `matrix`: any, drawn for each history. */
  readonly version: string;
  readonly histories: number;
  readonly milliseconds: number;
  readonly stopped: () => boolean;
  readonly now: () => number;
  readonly say: (line: string) => void;
  /** Where a file of this name is to be written. */
  readonly save: (name: string) => string;
}

export interface MatrixSummary {
  readonly histories: number;
  readonly events: number;
  readonly rejected: number;
  readonly merges: number;
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly digest: string;
  readonly findings: readonly { readonly invariant: string; readonly detail: string; readonly seed: string }[];
}

/** Histories of Matrix rooms one after another, up to the first in which something is found. */
export async function matrixCampaign(options: MatrixCampaignOptions): Promise<MatrixSummary> {
  const { seed, one, version, histories, milliseconds, stopped, now } = options;
  const start = now();
  const reports: Omit<MatrixReport, 'history'>[] = [];
  const digest = createHash('sha256');
  while (reports.length < (one ? 1 : histories) && now() - start < milliseconds && !stopped()) {
    const own = one ? seed : `${seed}/${reports.length}`;
    const { history, ...report } = await runMatrixHistory(own, version === 'matrix' ? undefined : version);
    reports.push(report);
    digest.update(report.digest);
    if (report.findings.length === 0) continue;
    keep({ ...report, history }, options);
    break;
  }
  const faults: Record<string, number> = {};
  for (const report of reports) for (const [name, times] of Object.entries(report.faults)) faults[name] = (faults[name] ?? 0) + times;
  const sum = (field: 'events' | 'rejected' | 'merges'): number => reports.reduce((all, report) => all + report[field], 0);
  return {
    histories: reports.length,
    ...{ events: sum('events'), rejected: sum('rejected'), merges: sum('merges') },
    seconds: (now() - start) / 1_000,
    faults: Object.fromEntries(Object.entries(faults).sort(([a], [b]) => (a < b ? -1 : 1))),
    digest: digest.digest('hex').slice(0, 32),
    findings: reports.flatMap((report) => report.findings.map(({ invariant, detail }) => ({ invariant, detail, seed: report.seed }))),
  };
}

/** The history as a file, smaller if judging its events alone shows what is wrong. */
function keep({ seed, findings: [first], history }: MatrixReport, { version, save, say }: MatrixCampaignOptions): void {
  if (first === undefined) return;
  const name = seed.replaceAll('/', '-');
  const small = shrink(history);
  const file = save(small === null ? `${name}.jsonl` : `${name}.small.jsonl`);
  writeFileSync(file, writeHistory(small ?? history));
  say(`FOUND ${first.invariant} in ${seed}, version ${history.header.room_version}: ${first.detail.slice(0, 500)}`);
  say(`  the run again: npm run sim -- --one --seed ${seed} --version ${version}`);
  say(`  its events:    npm run replay -- ${file} (${(small ?? history).pdus.length} of ${history.pdus.length} events)`);
}

export function matrixText({ histories, events, rejected, merges, seconds, faults, digest, findings }: MatrixSummary): string {
  return [
    `${histories} histories of Matrix rooms, ${events} events, ${rejected} rejected, ${merges} with several prev events, ${seconds.toFixed(1)} s`,
    `faults: ${Object.entries(faults)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ')}`,
    `digest ${digest}`,
    findings.length === 0 ? 'nothing found' : `${findings.length} findings`,
  ].join('\n');
}
