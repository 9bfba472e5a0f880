import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { inOrder } from '../series/in-order.ts';
import { withThreads } from '../series/thread-runner.ts';
import { coverageReport } from './coverage.ts';
import { type HistoryRunner, type HistoryRunnerOptions, LocalHistoryRunner, type RanHistory } from './history-runner.ts';
import type { KeptFinding } from './keep-findings.ts';
import { Random } from './environment/random.ts';
import type { ShapeOptions } from './shape.ts';

const WORKER = new URL(`./history-worker${extname(import.meta.filename)}`, import.meta.url);

interface Taken {
  readonly runner: HistoryRunner;
  readonly history: RanHistory;
}

export interface CampaignOptions {
  readonly seed: string;
  /** The seed is that of one history, and not of a series. */
  readonly one: boolean;
  readonly histories: number;
  readonly milliseconds: number;
  readonly shape: ShapeOptions;
  /** Share of histories that are run twice, the second time without anything remembered of copies, to see that both are the same. */
  readonly twice: number;
  /** Goes on after a finding. */
  readonly keepGoing: boolean;
  /** Where what is found is written; made when something is. */
  readonly folder: string;
  /** Histories that run at the same time, each on a thread of its own; of equal series the same comes whatever this is. 1: in this thread. */
  readonly jobs: number;
  /** Asked between histories: true ends the series early, with a summary of what there is. */
  readonly stopped: () => boolean;
  /** Monotonic, milliseconds; only for figures and for when to stop, never for what happens in a history. */
  readonly now: () => number;
  readonly say: (line: string) => void;
  /** Gets every step of the histories; with one job only. */
  readonly verbose?: (line: string) => void;
}

export interface CampaignData {
  readonly seed: string;
  readonly histories: number;
  /** How many of them of Matrix rooms. */
  readonly matrix: number;
  /** Distinct events of the histories, rejected ones among them. */
  readonly events: number;
  /** Verdicts: each server judges each event for itself. */
  readonly judged: number;
  /** Copies taken in, known ones among them, and events made, over all servers. */
  readonly handled: number;
  readonly messages: number;
  /** Wall time, second runs and shrinking included. */
  readonly seconds: number;
  /** It was told to stop before its end. */
  readonly stopped: boolean;
  readonly digest: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly coverage: Readonly<Record<string, number>>;
  readonly findings: readonly KeptFinding[];
}

/** Histories, counted one after another, until there are enough of them, time is up, or something was found. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #jobs: number;
  readonly #coverage = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  readonly #digest = createHash('sha256');
  readonly #findings: KeptFinding[] = [];
  #histories = 0;
  #matrix = 0;
  #events = 0;
  #judged = 0;
  #handled = 0;
  #messages = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#jobs = Math.min(options.jobs, options.one ? 1 : options.histories);
  }

  async run(): Promise<{ readonly data: CampaignData; readonly text: string }> {
    const { seed, one, histories, milliseconds, stopped, now, say, keepGoing, twice, shape, folder, verbose } = this.#options;
    const random = new Random(`campaign ${seed}`);
    const start = now();
    const most = one ? 1 : histories;
    let begun = 0;
    let told = start;
    const next = (): ((runner: HistoryRunner) => Promise<Taken>) | null => {
      if (begun >= most || now() - start >= milliseconds || stopped()) return null;
      const task = { seed: one ? seed : `${seed}/${begun}`, twice: random.chance(twice) };
      begun += 1;
      return async (runner) => ({ runner, history: await runner.run(task) });
    };
    const take = async ({ runner, history }: Taken): Promise<boolean> => {
      this.#count(history);
      if (history.findings.length > 0) this.#findings.push(...(await runner.keep()));
      if (this.#findings.length > 0 && !keepGoing) return false;
      if (now() - told >= 5_000) {
        told = now();
        say(this.#progress(now() - start));
      }
      return true;
    };
    say(one ? `one history, seed ${seed}` : `histories of seed ${seed} (${seed}/0, ${seed}/1, ...)`);
    const options: HistoryRunnerOptions = { shape, folder };
    await withThreads(
      this.#jobs,
      { code: WORKER, data: options, say, local: (): HistoryRunner => new LocalHistoryRunner(options, say, verbose) },
      (runners: readonly HistoryRunner[]) => inOrder(runners, { next, take, holds: ({ history }) => history.findings.length > 0 }),
    );
    return this.#summary((now() - start) / 1_000);
  }

  #count({ matrix, events, judged, handled, messages, digest, coverage, faults }: RanHistory): void {
    this.#histories += 1;
    this.#matrix += Number(matrix);
    this.#events += events;
    this.#judged += judged;
    this.#handled += handled;
    this.#messages += messages;
    this.#digest.update(digest);
    for (const [rule, times] of coverage) this.#coverage.set(rule, (this.#coverage.get(rule) ?? 0) + times);
    for (const [fault, times] of faults) this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + times);
  }

  #progress(ms: number): string {
    const seconds = ms / 1_000;
    const { reached, all } = coverageReport(this.#coverage);
    return `${Math.round(seconds)} s: ${this.#histories} histories, ${this.#events} events (${this.#rates(seconds)})${this.#matrix === this.#histories ? '' : `, ${reached.length} of ${all.length} rules`}`;
  }

  #rates(seconds: number): string {
    const rate = (count: number): number => Math.round(count / seconds);
    return `${rate(this.#events)} events/s, ${rate(this.#judged)} judged/s, ${rate(this.#handled)} handled/s${this.#jobs === 1 ? '' : `; ${rate(this.#handled / this.#jobs)} handled/s on each of ${this.#jobs} threads`}`;
  }

  #summary(seconds: number): { readonly data: CampaignData; readonly text: string } {
    const sorted = (map: ReadonlyMap<string, number>): Record<string, number> =>
      Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    const data: CampaignData = {
      seed: this.#options.seed,
      histories: this.#histories,
      matrix: this.#matrix,
      events: this.#events,
      judged: this.#judged,
      handled: this.#handled,
      messages: this.#messages,
      seconds,
      stopped: this.#options.stopped(),
      digest: this.#digest.digest('hex').slice(0, 32),
      faults: sorted(this.#faults),
      coverage: sorted(this.#coverage),
      findings: this.#findings,
    };
    const { reached, all, never } = coverageReport(this.#coverage);
    // Of Matrix rooms no rules are counted.
    const rules =
      data.matrix === data.histories
        ? []
        : [
            `rules reached: ${reached.length} of ${all.length} (${((100 * reached.length) / all.length).toFixed(1)} %)${never.length === 0 ? '' : `; never: ${never.join(', ')}`}`,
          ];
    const text = [
      ...(data.stopped ? ['stopped early; so far:'] : []),
      `${data.histories} histories (${data.matrix} of Matrix rooms), ${data.events} distinct events, judged ${data.judged} times (each server for itself), ${data.handled} copies handled (known ones too), ${data.messages} messages, ${seconds.toFixed(1)} s`,
      `${(data.histories / seconds).toFixed(1)} histories/s, ${this.#rates(seconds)}`,
      `faults: ${Object.entries(data.faults)
        .map(([name, times]) => `${name} ${times}`)
        .join(', ')}`,
      ...rules,
      `digest ${data.digest} of ${data.histories} histories of seed ${data.seed}`,
      ...data.findings.map((one) => `FOUND ${one.invariant} in ${one.seed}: ${one.detail.split('\n')[0]?.slice(0, 200)}\n  ${one.replay}`),
      data.findings.length === 0 ? 'nothing found' : `${data.findings.length} findings`,
    ].join('\n');
    return { data, text };
  }
}
