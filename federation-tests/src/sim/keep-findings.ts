import { withLost } from '../replay/remake.ts';
import { shrink } from '../replay/shrink.ts';
import { saveHistory } from '../series/save-history.ts';
import { type History, historyOf } from './history-file.ts';
import type { HistoryRunnerOptions } from './history-runner.ts';
import type { Finding } from './ledger.ts';
import type { HistoryReport } from './run-history.ts';
import type { ShapeOptions } from './shape.ts';
import { partsText } from './parts.ts';
import { smallerRun } from './smaller-run.ts';

/** A finding, and where its history is. */
export interface KeptFinding extends Finding {
  readonly seed: string;
  readonly file: string | null;
  readonly shrunk: string | null;
  /** The command that shows it again. */
  readonly replay: string;
}

/** Findings told of one run. */
const MOST = 20;

/** Writes the history of a run that broke something, and a smaller one that breaks the same, by its first finding. */
export async function keepFindings(
  report: HistoryReport,
  findings: readonly Finding[],
  { shape, folder }: HistoryRunnerOptions,
  say: (line: string) => void,
): Promise<KeptFinding[]> {
  const [first] = findings;
  if (first === undefined) return [];
  const history = await foundIn(report, first);
  const file = saveHistory(folder, report.seed, '', history);
  say(`FOUND ${first.invariant} in ${report.seed}: ${first.detail.slice(0, 500)}`);
  const again = command(report.seed, shape);
  say(`  the run again: ${again}`);
  // That a run does not come to rest no judgement of its events shows, and they may be many.
  const small = first.invariant === 'liveness' ? null : shrink(history);
  const events = (less: History): string => `(${less.pdus.length} of ${history.pdus.length} events)`;
  let shrunk: string | null = null;
  let replay = again;
  if (small !== null) {
    shrunk = saveHistory(folder, report.seed, '.small', small);
    replay = `npm run replay -- ${shrunk}`;
    say(`  its events:    ${replay} ${events(small)}`);
  } else {
    const smaller = first.invariant === 'determinism' ? null : await smallerRun(report, shape);
    if (smaller !== null && smaller.report !== report) {
      const less = await foundIn(smaller.report, smaller.report.findings[0] ?? first);
      shrunk = saveHistory(folder, report.seed, '.small', less);
      replay = command(report.seed, smaller.shape);
      say(`  a smaller run: ${replay} ${events(less)}`);
    }
    say(`  its events:    npm run replay -- ${shrunk ?? file}`);
  }
  return findings.slice(0, MOST).map((finding) => ({ ...finding, seed: report.seed, file, shrunk, replay }));
}

async function foundIn({ world, seed }: HistoryReport, { invariant, detail, lost }: Finding): Promise<History> {
  const history = await historyOf(world, seed, `${invariant}: ${detail.slice(0, 300)}`);
  return lost === undefined ? history : withLost(history, lost);
}

/** The same run again. */
function command(seed: string, { servers, acts, only, version, model, realCrypto, portable, without }: ShapeOptions): string {
  return [
    `npm run sim -- --one --seed ${seed}`,
    ...(servers === undefined ? [] : [`--servers ${servers}`]),
    ...(acts === undefined ? [] : [`--acts ${acts}`]),
    ...(portable === true ? ['--portable'] : []),
    ...(only === undefined ? [] : [`--only ${only}`]),
    ...(without === undefined ? [] : [`--without ${partsText(without)}`]),
    `--version ${version} --model ${model} --real ${realCrypto}`,
  ].join(' ');
}
