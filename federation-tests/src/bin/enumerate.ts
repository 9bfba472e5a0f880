// `npm run enumerate -- [--events N] [--rule hierarchical|v2.1] [--acts 'a|b'] [--part i/n] [--seconds s] [--counts file] [--save folder]`: every world of up to N events.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NATIVE_VERSION } from '@openguild/core';
import { Contrast } from '../enumerate/contrast.ts';
import { Enumeration, type Tally } from '../enumerate/enumeration.ts';
import { Hierarchical, type Knowledge } from '../enumerate/hierarchical.ts';
import { tallyReport } from '../enumerate/report.ts';
import { writeHistory } from '../sim/history-file.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2' },
    rule: { type: 'string', default: 'hierarchical' },
    /** Names of the only acts to try, with | between. */
    acts: { type: 'string' },
    /** Ends with the first world that breaks an invariant. */
    first: { type: 'boolean', default: false },
    part: { type: 'string', default: '0/1' },
    seconds: { type: 'string', default: 'Infinity' },
    /** Counts are written here now and then; what stands here already is gone on with. */
    counts: { type: 'string' },
    save: { type: 'string', default: 'sim-findings' },
  },
});
const [part = 0, parts = 1] = values.part.split('/').map(Number);
const events = Number(values.events);
const from =
  values.counts !== undefined && existsSync(values.counts) ? (JSON.parse(readFileSync(values.counts, 'utf8')) as Tally) : undefined;
const start = performance.now();
const end = start + Number(values.seconds) * 1_000;
const only = values.acts?.split('|');
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
  process.stdout.write(`${values.rule}, part ${values.part}, ${how}, ${seconds.toFixed(1)} s: ${tallyReport(enumeration.tally)}\n`);
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
