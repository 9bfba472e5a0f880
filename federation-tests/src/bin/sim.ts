import { NATIVE_VERSION } from '@openguild/core';
import { InvalidArgumentError, Option } from 'commander';
import { commandLine, positive, share, whole } from '../command-line.ts';
import { errorText } from '../error-text.ts';
import { ANY_MATRIX_VERSION, MATRIX_VERSIONS } from '../matrix/run-matrix-history.ts';
import { usualThreads } from '../series/thread-runner.ts';
import { Campaign } from '../sim/campaign.ts';
import { readParts } from '../sim/parts.ts';
import { ANY_VERSION } from '../sim/history-runner.ts';
import { RUN_KINDS, type RunKind } from '../sim/shape.ts';

interface Options {
  readonly seed?: string;
  readonly minutes?: number;
  readonly histories?: number;
  readonly one: boolean;
  readonly servers?: number;
  readonly acts?: number;
  readonly version: string;
  readonly only?: RunKind;
  readonly without?: ReadonlySet<string>;
  readonly model: number;
  readonly real: number;
  readonly portable: boolean;
  readonly twice: number;
  readonly keep: boolean;
  readonly jobs: number;
  readonly save: string;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** No run says so: whatever breaks down in one is found. */
const BROKE_DOWN = 4;

const options = commandLine({
  name: 'sim',
  description:
    'Simulates servers of one guild or room on a virtual clock and a bad network, history after history, and looks whether every invariant holds. What is found is saved, made smaller, and the command that replays it is printed. Ctrl-C ends the series after the present histories, twice at once.',
  examples: [
    ['--seed 1 --histories 500', 'five hundred histories'],
    ['--one --seed 1/70 --verbose', 'the seventy-first of them again, every step printed'],
    ['--version matrix --minutes 1', 'rooms of Matrix versions'],
  ],
  exitCodes: { 0: 'nothing was found', 1: 'something was found', [BROKE_DOWN]: 'the simulator itself broke down' },
})
  .option('--seed <text>', 'of the series: equal seed and commit, equal digest (default: drawn and printed)')
  .option('--minutes <m>', 'ends after so many minutes, between two histories (default: no limit)', positive)
  .option('--histories <n>', 'how many histories (default: 100, with --minutes no limit)', whole(1))
  .option('--one', 'the seed is that of one history, as a finding names it', false)
  .option('--servers <n>', 'servers of each history (default: drawn, 2 to 6)', whole(1, 20))
  .option('--acts <n>', 'acts of each history (default: drawn, 20 to 120)', whole(1, 10_000))
  .addOption(
    new Option(
      '--version <id>',
      'room version; matrix: any of those of Matrix, drawn for each history; any: the native one, and now and then one of those',
    )
      .choices([ANY_VERSION, NATIVE_VERSION, ANY_MATRIX_VERSION, ...MATRIX_VERSIONS])
      .default(ANY_VERSION),
  )
  .addOption(new Option('--only <kind>', 'runs of one kind only (default: drawn)').choices([...RUN_KINDS]))
  .option('--without <parts>', 'leaves out parts of the run, as a finding names them: act3-7,crash0,weather', (text) => partsOf(text))
  .option('--model <share>', 'share of histories that the independent model judges as well', share, 1)
  .option('--real <share>', 'share of histories with real signatures', share, 0.1)
  .option('--portable', "real signatures are verified by core's own arithmetic", false)
  .option('--twice <share>', 'share of histories that are run twice, to see that both are the same', share, 0.02)
  .option('--jobs <n>', 'histories that run at the same time, with the same outcome whatever it is', whole(1, 256), usualThreads())
  .option('--keep', 'goes on after a finding', false)
  .option('--save <folder>', 'where what is found is written', 'sim-findings')
  .option('--verbose', 'prints every step', false)
  .option('--json', 'prints the summary as JSON', false)
  .parse()
  .opts<Options>();

// Ctrl-C ends the series after the histories that run; once more ends it at once. A parent may hand the same wish on as SIGTERM.
let interrupts = 0;
let stopping = false;
process.on('SIGINT', () => {
  stopping = true;
  if (++interrupts > 1) process.exit(130);
});
process.on('SIGTERM', () => {
  stopping = true;
});

const { minutes, version } = options;
const series = {
  seed: options.seed ?? String(Math.floor(Math.random() * 2 ** 31)),
  one: options.one,
  histories: options.histories ?? (minutes === undefined ? 100 : Infinity),
  milliseconds: minutes === undefined ? Infinity : minutes * 60_000,
  now: () => performance.now(),
  say: (line: string) => process.stderr.write(`${line}\n`),
  stopped: () => stopping,
  folder: options.save,
  // Steps of several histories would be printed in turn.
  jobs: options.verbose ? 1 : options.jobs,
};
try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`sim: the simulator itself broke down: ${errorText(error)}\n`);
  process.exitCode = BROKE_DOWN;
}

function partsOf(text: string): ReadonlySet<string> {
  try {
    return readParts(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

async function run(): Promise<boolean> {
  const { model, real, portable, only, without, servers, acts, twice, keep, verbose, json } = options;
  const campaign = new Campaign({
    ...series,
    shape: {
      ...{ version, model, realCrypto: real, portable, only },
      ...(servers === undefined ? {} : { servers }),
      ...(acts === undefined ? {} : { acts }),
      ...(without === undefined ? {} : { without }),
    },
    twice,
    keepGoing: keep,
    ...(verbose ? { verbose: (line: string) => process.stdout.write(`${line}\n`) } : {}),
  });
  const summary = await campaign.run();
  process.stdout.write(json ? `${JSON.stringify(summary.data)}\n` : `${summary.text}\n`);
  return summary.data.findings.length === 0;
}
