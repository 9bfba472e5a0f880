// `npm run sim -- --seed S [--minutes M | --histories N] [--servers n] [--acts n] [--only kind] [--version id|matrix] [--model share] [--real share] [--portable] [--twice share] [--verbose] [--save folder] [--json]`
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { NATIVE_VERSION } from '@openguild/core';
import { isMatrix, matrixCampaign } from '../matrix/matrix-campaign.ts';
import { Campaign } from '../sim/campaign.ts';
import { RUN_KINDS } from '../sim/shape.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    histories: { type: 'string' },
    servers: { type: 'string' },
    acts: { type: 'string' },
    version: { type: 'string', default: NATIVE_VERSION },
    only: { type: 'string' },
    model: { type: 'string', default: '0.3' },
    real: { type: 'string', default: '0.1' },
    portable: { type: 'boolean', default: false },
    twice: { type: 'string', default: '0.02' },
    save: { type: 'string', default: 'sim-findings' },
    one: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

// Ctrl-C ends the series after the history that runs; once more ends it at once. A parent may hand the same wish on as SIGTERM.
let interrupts = 0;
let stopping = false;
process.on('SIGINT', () => {
  stopping = true;
  if (++interrupts > 1) process.exit(130);
});
process.on('SIGTERM', () => {
  stopping = true;
});

const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const series = {
  seed,
  one: values.one,
  histories: values.histories === undefined ? (values.minutes === undefined ? 100 : Infinity) : Number(values.histories),
  milliseconds: values.minutes === undefined ? Infinity : Number(values.minutes) * 60_000,
  now: () => performance.now(),
  say: (line: string) => process.stderr.write(`${line}\n`),
};
if (isMatrix(values.version)) process.exit((await matrixCampaign({ ...series, version: values.version, stopped: () => stopping })) ? 0 : 1);
const campaign = new Campaign({
  ...series,
  shape: {
    version: values.version,
    model: Number(values.model),
    realCrypto: Number(values.real),
    portable: values.portable,
    only: RUN_KINDS.find((kind) => kind === values.only),
    ...(values.servers === undefined ? {} : { servers: Number(values.servers) }),
    ...(values.acts === undefined ? {} : { acts: Number(values.acts) }),
  },
  twice: Number(values.twice),
  keepGoing: values.keep,
  save: (name) => {
    mkdirSync(values.save, { recursive: true });
    return `${values.save}/${name}`;
  },
  stopped: () => stopping,
  ...(values.verbose ? { verbose: (line: string) => process.stdout.write(`${line}\n`) } : {}),
});
const summary = await campaign.run();
process.stdout.write(values.json ? `${JSON.stringify(summary.data)}\n` : `${summary.text}\n`);
process.exitCode = summary.data.findings.length > 0 ? 1 : 0;
