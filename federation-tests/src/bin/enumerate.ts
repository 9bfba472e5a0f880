// `npm run enumerate -- --events N [--part i/n] [--seconds s] [--save folder]`: every world of up to N events after the base guild.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { NATIVE_VERSION } from '@openguild/core';
import { Enumeration } from '../enumerate/enumeration.ts';
import { writeHistory } from '../sim/history-file.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2' },
    part: { type: 'string', default: '0/1' },
    seconds: { type: 'string', default: '3600' },
    save: { type: 'string', default: 'sim-findings' },
  },
});
const [part = 0, parts = 1] = values.part.split('/').map(Number);
const start = performance.now();
const end = start + Number(values.seconds) * 1_000;
const { worlds, rejected, orders, complete, violations } = new Enumeration({
  events: Number(values.events),
  part,
  parts,
  enough: () => performance.now() > end,
}).run();
const counts = (map: ReadonlyMap<number, number>): string => [...map].map(([size, count]) => `${count} of ${size}`).join(', ') || 'none';
const seconds = (performance.now() - start) / 1_000;
process.stdout.write(
  `part ${values.part}, ${complete ? 'complete' : 'TIME IS UP'}: worlds ${counts(worlds)}; rejected ${counts(rejected)}; ${orders} deliveries in ${seconds.toFixed(1)} s; violations: ${violations.length}\n`,
);
for (const [i, { fault, story, pdus }] of violations.slice(0, 20).entries()) {
  mkdirSync(values.save, { recursive: true });
  const file = `${values.save}/enumerated-${part}-${i}.jsonl`;
  const header = {
    openguild_export: 1,
    room_id: String(pdus[1]?.['room_id']),
    room_version: NATIVE_VERSION,
    real_signatures: false,
    found: fault,
  } as const;
  writeFileSync(file, writeHistory({ header, pdus, received: [] }));
  process.stdout.write(`${fault}\n  ${story.join('; ')}\n  npm run replay -- ${file}\n`);
}
process.exitCode = violations.length > 0 ? 1 : 0;
