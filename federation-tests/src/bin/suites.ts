import { Option } from 'commander';
import { commandLine, WRONG_USAGE, whole } from '../command-line.ts';
import { AdapterError } from '../suites/adapter-process.ts';
import { SUITE_NAMES, type SuiteName } from '../suites/protocol.ts';
import { runSuites } from '../suites/run-suites.ts';
import { splitCommand } from '../suites/split-command.ts';

/** How many smaller cases are tried when one fails: some seconds. */
const SHRINKS = 1_000;

const command = commandLine({
  name: 'suites',
  description:
    'Runs property suites against an engine through an adapter: a program that answers JSON lines, as federation-tests/ADAPTERS.md describes.',
  examples: [
    ["--adapter 'python3 examples/adapter-in-python/adapter.py'", 'every suite that the adapter knows'],
    ["--adapter './adapter' --suite convergence --seed 5 --path 12:0", 'a failing case again'],
  ],
  exitCodes: { 0: 'all passed', 1: 'some failed', 2: 'called wrongly, none could be run, or the adapter does not answer' },
})
  .requiredOption('--adapter <command>', 'the program and its arguments', splitCommand)
  .addOption(new Option('--suite <names...>', 'these suites only').choices([...SUITE_NAMES]))
  .option('--seed <s>', 'of the cases, an integer of 32 bits (default: drawn and printed)', whole(-0x7fff_ffff, 0x7fff_ffff))
  .option('--cases <n>', 'cases of the cheap suites; the others run a share of it', whole(1), 300)
  .option('--path <path>', 'the case of a failure found before')
  .option('--timeout <ms>', 'for one answer, milliseconds', whole(1), 10_000)
  .parse();

const options = command.opts<{ adapter: string[]; suite?: SuiteName[]; seed?: number; cases: number; path?: string; timeout: number }>();
try {
  const results = await runSuites({
    adapter: options.adapter,
    ...(options.suite === undefined ? {} : { suites: options.suite }),
    seed: options.seed ?? Math.floor(Math.random() * 0x7fff_ffff),
    ...(options.path === undefined ? {} : { path: options.path }),
    cases: options.cases,
    timeoutMs: options.timeout,
    shrinks: SHRINKS,
    say: (line) => process.stdout.write(`${line}\n`),
  });
  const number = (outcome: string): number => results.filter((one) => one.outcome === outcome).length;
  process.stdout.write(`${number('passed')} suites passed, ${number('failed')} failed, ${number('skipped')} skipped\n`);
  process.exitCode = number('failed') > 0 ? 1 : number('passed') > 0 ? 0 : WRONG_USAGE;
} catch (error) {
  if (!(error instanceof AdapterError)) throw error;
  process.stderr.write(`suites: ${error.message}\n`);
  process.exitCode = WRONG_USAGE;
}
