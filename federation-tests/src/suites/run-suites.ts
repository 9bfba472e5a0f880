import { type JsonObject, type JsonValue, NATIVE_VERSION } from '@openguild/core';
import fc from 'fast-check';
import { AdapterError, AdapterProcess } from './adapter-process.ts';
import { authority } from './authority.ts';
import { canonicalForm } from './canonical-form.ts';
import { convergence } from './convergence.ts';
import { eventIds } from './event-ids.ts';
import { type Hello, helloRequest, readHello, SUITE_NAMES, type SuiteName } from './protocol.ts';
import { redaction } from './redaction.ts';
import { type Suite, Violation } from './suite.ts';

/** How often an adapter that broke is started again, so that the case that breaks it can be made smaller. */
const MAX_STARTS = 60;
/** A silent adapter costs its time-out each time. */
const MAX_SILENCES = 4;

export interface SuiteOptions {
  /** Program and arguments; or what answers requests in this process, `hello` among them. */
  readonly adapter: readonly string[] | ((request: JsonObject) => JsonValue);
  /** By default all that the adapter offers. */
  readonly suites?: readonly SuiteName[];
  readonly seed: number;
  /** Of a failure found before: where in the series of cases it stands. */
  readonly path?: string;
  /** For the cheap suites; the others run a share of it. */
  readonly cases: number;
  readonly timeoutMs: number;
  /** How many smaller cases are tried when one fails. */
  readonly shrinks: number;
  readonly say: (line: string) => void;
}

export interface SuiteResult {
  readonly suite: SuiteName;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly cases: number;
  /** Of a failure: the rule that is broken, null if the adapter broke. */
  readonly rule: string | null;
  readonly detail: string;
  readonly path: string | null;
  readonly counterexample: readonly string[];
}

const RUNS: Readonly<Record<SuiteName, (adapter: Adapter, options: SuiteOptions) => Promise<SuiteResult>>> = {
  'canonical-form': (adapter, options) => runSuite(canonicalForm, adapter, options),
  'event-ids': (adapter, options) => runSuite(eventIds, adapter, options),
  redaction: (adapter, options) => runSuite(redaction, adapter, options),
  convergence: (adapter, options) => runSuite(convergence, adapter, options),
  authority: (adapter, options) => runSuite(authority, adapter, options),
};

/** Runs the suites against an adapter. Rejects with an AdapterError if it does not get past its first answer. */
export async function runSuites(options: SuiteOptions): Promise<SuiteResult[]> {
  const adapter = new Adapter(options);
  try {
    const { engine, suites: offered } = await adapter.start();
    options.say(`${engine}, version ${NATIVE_VERSION}, seed ${options.seed}`);
    const results: SuiteResult[] = [];
    for (const name of options.suites ?? SUITE_NAMES) {
      const result = offered.has(name)
        ? await RUNS[name](adapter, options)
        : {
            suite: name,
            outcome: 'skipped' as const,
            cases: 0,
            rule: null,
            detail: 'the adapter does not offer it',
            path: null,
            counterexample: [],
          };
      results.push(result);
      report(result, options);
    }
    return results;
  } finally {
    adapter.close();
  }
}

type Asked = Pick<AdapterProcess, 'ask' | 'close' | 'isBroken'>;

/** One adapter over its lives. */
class Adapter {
  readonly #options: SuiteOptions;
  #process: Asked | null = null;
  #starts = 0;
  silences = 0;

  constructor(options: SuiteOptions) {
    this.#options = options;
  }

  async start(): Promise<Hello> {
    this.#process?.close();
    this.#starts += 1;
    const { adapter, timeoutMs } = this.#options;
    this.#process = typeof adapter === 'function' ? inProcess(adapter) : new AdapterProcess(adapter, timeoutMs);
    const hello = readHello(await this.#process.ask(helloRequest(NATIVE_VERSION)));
    if (typeof hello === 'string') throw new AdapterError('garbage', hello);
    return hello;
  }

  async ask(request: JsonObject): Promise<JsonValue> {
    if (this.#process === null || this.#process.isBroken) await this.start();
    return (this.#process as Asked).ask(request);
  }

  get mayStart(): boolean {
    return this.#starts < MAX_STARTS && this.silences < MAX_SILENCES;
  }

  close(): void {
    this.#process?.close();
  }
}

function inProcess(answer: (request: JsonObject) => JsonValue): Asked {
  return { isBroken: false, ask: async (request) => answer(request), close: () => undefined };
}

async function runSuite<T>(suite: Suite<T>, adapter: Adapter, options: SuiteOptions): Promise<SuiteResult> {
  const { seed, path, shrinks } = options;
  const numRuns = Math.max(1, Math.round(options.cases * suite.share));
  let tried: number | null = null;
  const property = fc.asyncProperty(suite.cases, async (one) => {
    // What is not tried any more counts as right, so that the smallest failure so far stays.
    if (tried !== null && (tried++ >= shrinks || !adapter.mayStart)) return;
    try {
      await suite.check(one, (request) => adapter.ask(request));
    } catch (error) {
      tried ??= 0;
      if (error instanceof AdapterError && error.kind === 'silence') adapter.silences += 1;
      throw error;
    }
  });
  const details = await fc.check(property, { seed, numRuns, ...(path === undefined ? {} : { path }) });
  const result = { suite: suite.name, cases: details.numRuns };
  if (!details.failed) return { ...result, outcome: 'passed', rule: null, detail: '', path: null, counterexample: [] };
  const { errorInstance: error, counterexample, counterexamplePath } = details;
  // Anything else is a fault of the suite.
  if (!(error instanceof Violation) && !(error instanceof AdapterError)) throw error;
  return {
    ...result,
    outcome: 'failed',
    rule: error instanceof Violation ? error.rule : null,
    detail: error.message,
    path: counterexamplePath,
    counterexample: counterexample === null ? [] : suite.show(counterexample[0]),
  };
}

function report({ suite, outcome, cases, rule, detail, path, counterexample }: SuiteResult, { say, seed, cases: all }: SuiteOptions): void {
  if (outcome === 'passed') return say(`${suite}: ${cases} cases passed`);
  if (outcome === 'skipped') return say(`${suite}: SKIPPED, ${detail}`);
  say(`${suite}: FAILED at case ${cases}${rule === null ? '' : ` by ${rule}`}`);
  for (const line of detail.split('\n')) say(`  ${line}`);
  say('  the smallest case found:');
  for (const line of counterexample) say(`    ${line}`);
  say(`  again: --suite ${suite} --seed ${seed} --cases ${all}${path === null ? '' : ` --path ${path}`}`);
}
