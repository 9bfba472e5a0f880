import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { inOrder } from '../series/in-order.ts';
import { withThreads } from '../series/thread-runner.ts';
import { LocalMatrixRunner, type MatrixRunner, type MatrixRunnerOptions, type RanMatrixHistory } from './matrix-runner.ts';

const WORKER = new URL(`./matrix-worker${extname(import.meta.filename)}`, import.meta.url);

export interface MatrixCampaignOptions extends MatrixRunnerOptions {
  readonly seed: string;
  /** The seed is that of one history, and not of a series. */
  readonly one: boolean;
  readonly histories: number;
  readonly milliseconds: number;
  readonly stopped: () => boolean;
  readonly now: () => number;
  readonly say: (line: string) => void;
  /** Histories that run at the same time, each on a thread of its own. 1: in this thread. */
  readonly jobs: number;
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

/** Histories of Matrix rooms, up to the first in which something is found; the same whatever `jobs` is. */
export async function matrixCampaign(options: MatrixCampaignOptions): Promise<MatrixSummary> {
  const { seed, one, histories, milliseconds, stopped, now, say, version, folder } = options;
  const start = now();
  const most = one ? 1 : histories;
  const reports: RanMatrixHistory[] = [];
  const digest = createHash('sha256');
  let begun = 0;
  const next = (): ((runner: MatrixRunner) => Promise<{ readonly runner: MatrixRunner; readonly ran: RanMatrixHistory }>) | null => {
    if (begun >= most || now() - start >= milliseconds || stopped()) return null;
    const own = one ? seed : `${seed}/${begun}`;
    begun += 1;
    return async (runner) => ({ runner, ran: await runner.run(own) });
  };
  await withThreads(
    Math.min(options.jobs, most),
    { code: WORKER, data: { version, folder }, say, local: () => new LocalMatrixRunner({ version, folder }, say) },
    (runners: readonly MatrixRunner[]) =>
      inOrder(runners, {
        next,
        take: async ({ runner, ran }) => {
          reports.push(ran);
          digest.update(ran.digest);
          if (ran.findings.length > 0) await runner.keep();
          return ran.findings.length === 0;
        },
        holds: ({ ran }) => ran.findings.length > 0,
      }),
  );
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
