import { runMatrixHistory } from './run-matrix-history.ts';

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
}

/** Histories of Matrix rooms one after another; true if nothing was found. */
export async function matrixCampaign({
  seed,
  one,
  version,
  histories,
  milliseconds,
  stopped,
  now,
  say,
}: MatrixCampaignOptions): Promise<boolean> {
  const start = now();
  let [count, events, rejected, merges] = [0, 0, 0, 0];
  for (; count < (one ? 1 : histories) && now() - start < milliseconds && !stopped(); count++) {
    const own = one ? seed : `${seed}/${count}`;
    const report = await runMatrixHistory(own, version === 'matrix' ? undefined : version);
    events += report.events;
    rejected += report.rejected;
    merges += report.merges;
    const [first] = report.findings;
    if (first === undefined) continue;
    say(`FOUND ${first.invariant} in ${own}, version ${report.version}: ${first.detail.slice(0, 500)}`);
    say(`  npm run sim -- --one --seed ${own} --version ${version}`);
    return false;
  }
  const seconds = (now() - start) / 1_000;
  say(
    `${count} histories of Matrix rooms, ${events} events, ${rejected} rejected, ${merges} with several prev events, ${seconds.toFixed(1)} s: nothing found`,
  );
  return true;
}
