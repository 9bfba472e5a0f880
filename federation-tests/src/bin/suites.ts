// `npm run suites -- --adapter COMMAND [--suite NAME ...] [--seed S] [--cases N] [--path P] [--timeout ms]`: property suites against any engine. ADAPTERS.md.
import { Command, InvalidArgumentError, Option } from 'commander';
import { AdapterError } from '../suites/adapter-process.ts';
import { SUITE_NAMES, type SuiteName } from '../suites/protocol.ts';
import { runSuites } from '../suites/run-suites.ts';
import { splitCommand } from '../suites/split-command.ts';

/** How many smaller cases are tried when one fails: some seconds. */
const SHRINKS = 1_000;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a number from 1 on');
  return value;
}

function seed(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || Math.abs(value) > 0x7fff_ffff) throw new InvalidArgumentError('an integer of 32 bits');
  return value;
}

const command = new Command('suites')
  .description('Runs property suites against an engine through an adapter: a program that answers JSON lines, as ADAPTERS.md describes.')
  .requiredOption('--adapter <command>', 'the program and its arguments', splitCommand)
  .addOption(new Option('--suite <names...>', 'these suites only').choices([...SUITE_NAMES]))
  .option('--seed <s>', 'of the cases; a random one by default', seed)
  .option('--cases <n>', 'cases of the cheap suites; the others run a share of it', count, 300)
  .option('--path <path>', 'the case of a failure found before')
  .option('--timeout <ms>', 'for one answer', count, 10_000)
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
  process.exitCode = number('failed') > 0 ? 1 : number('passed') > 0 ? 0 : 2;
} catch (error) {
  if (!(error instanceof AdapterError)) throw error;
  process.stderr.write(`suites: ${error.message}\n`);
  process.exitCode = 2;
}
