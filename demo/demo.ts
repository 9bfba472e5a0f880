import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aliceMakesTheGuild, bobAndCarolJoin, everybodyWrites } from './chapter-one-guild.ts';
import { hostBIsKilled } from './chapter-two-crash.ts';
import { declareOutcome, healAndCompare, thePartition } from './chapter-three-partition.ts';
import { CuttableLink, freePort } from './cuttable-link.ts';
import { explainWhy, lastWord } from './epilogue.ts';
import { HostProcess } from './host-process.ts';
import { Narrator } from './narrator.ts';
import type { Place } from './story.ts';

const HELP = `npm run demo: two hosts, one guild, a crash and a partition, told as they happen.

Usage: npm run demo -- [--fast] [--keep]

  --fast   the partition lasts 3 seconds instead of 10
  --keep   keep the data folders of both hosts, and say where they are
  --help   this text

Both hosts are processes of their own on this machine (loopback only), with their own keys and data in a temporary
folder. Every step is verified by reading it back over HTTP.

Examples:
  npm run demo -- --fast

Exit codes: 0 all of it was verified; 1 something was not; 2 called wrongly.`;

/** What the demo sets apart from the defaults: shorter waits, so that the story takes seconds where servers take minutes. */
const TOML = `log_level = "info"

[federation]
heads_exchange_ms = 300
merge_after_ms = 600
retry_min_ms = 100
retry_max_ms = 500
`;

interface Stage {
  readonly folder: string;
  readonly hosts: readonly [HostProcess, HostProcess];
  readonly links: readonly [CuttableLink, CuttableLink];
}

async function main(): Promise<number> {
  const values = readArguments();
  if (typeof values === 'string') {
    process.stderr.write(`demo: ${values} (npm run demo -- --help lists all options)\n`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const started = performance.now();
  const tell = new Narrator(process.stdout.isTTY && process.env['NO_COLOR'] === undefined);
  const stage = await setStage();
  let keep = values.keep === true;
  process.once('exit', () => {
    for (const host of stage.hosts) host.killNow();
    if (!keep) rmSync(stage.folder, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
  let failed = false;
  try {
    await play(tell, stage, values.fast === true ? 3_000 : 10_000);
  } catch (error) {
    failed = true;
    keep = true;
    tell.failed(error);
  }
  await Promise.all(stage.hosts.map((host) => host.stop()));
  await Promise.all(stage.links.map((link) => link.close()));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  tell.line();
  if (failed) tell.title(`Not verified. ${tell.verified} checks had passed in ${seconds} s.`);
  else tell.title(`Verified: ${tell.verified} checks in ${tell.steps} steps, ${seconds} s.`);
  if (keep) tell.line(`Data and logs: ${stage.folder}`);
  return failed ? 1 : 0;
}

/** What the command line asks for, or what is wrong with it. */
function readArguments(): { readonly fast?: boolean; readonly keep?: boolean; readonly help?: boolean } | string {
  try {
    return parseArgs({ options: { fast: { type: 'boolean' }, keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\. To specify.*$/s, '') : String(error);
  }
}

async function setStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'openguild-demo-'));
  const made = [];
  for (const label of ['A', 'B']) {
    const port = await freePort();
    const link = await CuttableLink.open(port);
    const host = new HostProcess({
      label,
      folder: join(folder, label.toLowerCase()),
      port,
      serverName: `localhost:${link.port}`,
      toml: TOML,
    });
    made.push({ link, host });
  }
  const [a, b] = made as [(typeof made)[0], (typeof made)[0]];
  return { folder, hosts: [a.host, b.host], links: [a.link, b.link] };
}

async function play(tell: Narrator, stage: Stage, partitionMs: number): Promise<void> {
  const [a, b] = stage.hosts;
  tell.title('OpenGuild demo: two hosts, one guild, a crash and a partition');
  await tell.step('Two hosts start, each a process with its own keys and data', async () => {
    await Promise.all([a.start(), b.start()]);
    for (const host of stage.hosts)
      tell.check(`${host.label}: process ${host.pid} answers at ${host.url}, server name ${host.serverName}`, 'number', typeof host.pid);
  });
  const story = await aliceMakesTheGuild(tell, a, b);
  const places: readonly Place[] = [
    { label: 'A', reader: story.alice },
    { label: 'B', reader: story.bob },
  ];
  await bobAndCarolJoin(tell, story, places);
  const spokenSoFar = await everybodyWrites(tell, story, places);
  const timeline = await hostBIsKilled(tell, story, places, b, spokenSoFar);
  const promised = declareOutcome(tell, story, timeline);
  const disputed = await thePartition(tell, story, places, stage.links, partitionMs);
  await healAndCompare(tell, story, places, stage.links, promised);
  await explainWhy(tell, story, places, disputed);
  await lastWord(tell, story, places);
}

process.exitCode = await main();
