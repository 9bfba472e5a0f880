import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { NATIVE_VERSION } from '@openguild/core';
import { InvalidArgumentError, Option } from 'commander';
import { commandLine, positive, whole } from '../command-line.ts';
import { Contrast } from '../enumerate/contrast.ts';
import { Enumeration, type Tally } from '../enumerate/enumeration.ts';
import { Hierarchical, type Knowledge } from '../enumerate/hierarchical.ts';
import { tallyReport } from '../enumerate/report.ts';
import { writeHistory } from '../sim/history-file.ts';

interface Options {
  readonly events: number;
  readonly rule: 'hierarchical' | 'v2.1';
  readonly acts?: readonly string[];
  readonly first: boolean;
  readonly part: readonly [part: number, parts: number];
  readonly seconds: number;
  readonly counts?: string;
  readonly save: string;
}

const values = commandLine({
  name: 'enumerate',
  description:
    'Makes every world of so many further events on the base guild, in every order of delivery, and asks every invariant of each. Ctrl-C ends it.',
  examples: [
    ['--events 3 --counts 3.json', 'all 300,000 worlds; the same command goes on where it ended'],
    ['--events 2 --rule v2.1', "the same under Matrix's resolution, for contrast"],
    ["--events 2 --acts 'adam kicks max|olga kicks moss'", 'worlds of these two acts'],
  ],
  exitCodes: { 0: 'no invariant is broken, or with --rule v2.1', 1: 'one is' },
})
  .option('--events <n>', 'the most further events', whole(1, 10), 2)
  .addOption(new Option('--rule <name>', 'the resolution').choices(['hierarchical', 'v2.1']).default('hierarchical'))
  .option('--acts <names>', 'the only acts that are tried, with | between (default: all forty)', (text) => text.split('|'))
  .option('--first', 'ends with the first world that breaks an invariant', false)
  .option('--part <i/n>', 'this part of n of all worlds, from 0', partOf, [0, 1] as const)
  .option('--seconds <s>', 'ends after so many seconds', positive, Infinity)
  .option('--counts <file>', 'counts are written here now and then; what stands here already is gone on with')
  .option('--save <folder>', 'where worlds that break an invariant are written', 'sim-findings')
  .parse()
  .opts<Options>();

function partOf(text: string): readonly [number, number] {
  const [, part, parts] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (part === undefined || !(Number(part) < Number(parts))) throw new InvalidArgumentError('Such as 0/4, 1/4, 2/4 and 3/4.');
  return [Number(part), Number(parts)];
}

const { events, acts: only } = values;
const [part, parts] = values.part;
const from =
  values.counts !== undefined && existsSync(values.counts) ? (JSON.parse(readFileSync(values.counts, 'utf8')) as Tally) : undefined;
const start = performance.now();
const end = start + values.seconds * 1_000;
let stop = false;
process.once('SIGINT', () => (stop = true));

async function run<W>(enumeration: Enumeration<W>): Promise<void> {
  const turns = enumeration.turns;
  const before = enumeration.tally.turns;
  let told = start;
  for (const _ of enumeration.run()) {
    const now = performance.now();
    if (now > end || stop || (values.first && Object.keys(enumeration.tally.violations).length > 0)) break;
    if (now - told < 5_000) continue;
    told = now;
    keep(enumeration.checkpoint);
    process.stderr.write(`${progress(enumeration.tally, before, turns, (now - start) / 1_000)}\n`);
    await setImmediate();
  }
  keep(enumeration.checkpoint);
  const seconds = (performance.now() - start) / 1_000;
  const how = enumeration.complete ? 'complete' : `ENDED EARLY at ${enumeration.tally.turns} of ${turns} turns`;
  process.stdout.write(`${values.rule}, part ${part}/${parts}, ${how}, ${seconds.toFixed(1)} s: ${tallyReport(enumeration.tally)}\n`);
  if (!enumeration.complete && values.counts !== undefined) process.stdout.write(`the same command goes on from ${values.counts}\n`);
}

function keep(tally: Tally): void {
  if (values.counts === undefined) return;
  writeFileSync(`${values.counts}.new`, `${JSON.stringify(tally)}\n`);
  renameSync(`${values.counts}.new`, values.counts);
}

function progress(tally: Tally, before: number, turns: number, seconds: number): string {
  const worlds = Object.values(tally.worlds).reduce((sum, count) => sum + count, 0);
  const left = ((turns - tally.turns) * seconds) / Math.max(1, tally.turns - before);
  return `${Math.round(seconds)} s: ${worlds} worlds, turn ${tally.turns} of ${turns}, about ${Math.round(left)} s left, violations: ${Object.keys(tally.violations).length}`;
}

if (values.rule === 'v2.1') await run(new Enumeration(new Contrast(only), { events, part, parts, from }));
else {
  const subject = new Hierarchical(events, only);
  const enumeration = new Enumeration<Knowledge>(subject, { events, part, parts, from });
  await run(enumeration);
  for (const [name, { fault, knowledge }] of enumeration.examples) {
    mkdirSync(values.save, { recursive: true });
    const file = `${values.save}/enumerated-${name}.jsonl`;
    const pdus = subject.pdus(knowledge);
    const header = {
      openguild_export: 1,
      room_id: String(pdus[1]?.['room_id']),
      room_version: NATIVE_VERSION,
      real_signatures: false,
      found: fault,
    } as const;
    writeFileSync(file, writeHistory({ header, pdus, received: [] }));
    process.stdout.write(`npm run replay -- ${file}\n`);
  }
  process.exitCode = Object.keys(enumeration.tally.violations).length > 0 ? 1 : 0;
}
