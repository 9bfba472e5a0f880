// `npm run canaries [-- --histories N] [--minutes M] [--rule AUTH-5.2,RES-8] [--jobs n]`: switches off one rule after another; the simulator must notice.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CANARIES } from '../canary/canaries.ts';
import type { Canary } from '../canary/canary.ts';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '300' },
    /** For each canary. */
    minutes: { type: 'string', default: '10' },
    rule: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    seed: { type: 'string', default: 'canary' },
  },
});
/** Always the compiled program: it is what canaries change. */
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

interface Caught {
  readonly canary: Canary;
  readonly histories: number;
  readonly by: string | null;
  readonly seconds: number;
}

/** One program of this folder with one rule switched off: its exit code, and what it wrote. */
function start(
  canary: Canary,
  program: string,
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const args = ['--import', join(dist, 'canary', 'load-hook.js'), join(dist, 'bin', `${program}.js`), ...options];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, OPENGUILD_CANARY: JSON.stringify(canary) };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => (code === 3 ? reject(new Error(err)) : resolve({ code, out, err })));
  });
}

/** First the simulator, then every small world. What breaks down altogether is noticed as well. */
async function run(canary: Canary, folder: string): Promise<Caught> {
  const real = canary.real === true ? '1' : '0';
  const options = [
    '--seed',
    values.seed,
    '--histories',
    values.histories,
    '--minutes',
    values.minutes,
    '--model',
    '1',
    '--real',
    real,
    '--twice',
    '0',
  ];
  if (canary.portable === true) options.push('--portable');
  if (canary.runs !== undefined) options.push('--only', canary.runs);
  if (canary.worlds !== undefined) {
    const worlds = await inWorlds(canary, folder);
    if (worlds.by !== null) return worlds;
  }
  const { out, err } = await start(canary, 'sim', [...options, '--json', '--save', folder]);
  const line = out.trim();
  if (line === '')
    return {
      canary,
      histories: 1,
      by: `breakdown: ${err.split('\n').find((each) => /Error/.test(each)) ?? err.slice(0, 200)}`,
      seconds: 0,
    };
  const data = JSON.parse(line) as { histories: number; seconds: number; findings: { invariant: string }[] };
  const by = data.findings[0]?.invariant;
  if (by !== undefined || canary.implied !== undefined) return { canary, histories: data.histories, by: by ?? null, seconds: data.seconds };
  const small = await inWorlds(canary, folder);
  return { ...small, histories: data.histories, seconds: data.seconds + small.seconds };
}

async function inWorlds(canary: Canary, folder: string): Promise<Caught> {
  const { acts, events } = canary.worlds ?? { acts: [], events: 2 };
  const begun = performance.now();
  const some = acts.length === 0 ? [] : ['--acts', acts.join('|')];
  const { code } = await start(canary, 'enumerate', [
    '--events',
    String(events),
    ...some,
    '--first',
    '--seconds',
    String(60 * Number(values.minutes)),
    '--save',
    folder,
  ]);
  return { canary, histories: 0, by: code === 0 ? null : 'enumeration', seconds: (performance.now() - begun) / 1_000 };
}

const rules = values.rule?.split(',');
const chosen = CANARIES.filter(({ name }) => rules === undefined || rules.some((rule) => name === rule || name.startsWith(`${rule} `)));
const folder = mkdtempSync(join(tmpdir(), 'openguild-canaries-'));
const waiting = [...chosen];
const caught: Caught[] = [];
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (let canary = waiting.shift(); canary !== undefined; canary = waiting.shift()) {
      const result = await run(canary, folder);
      caught.push(result);
      const what =
        result.by === null ? (canary.implied === undefined ? 'NOT CAUGHT' : `implied: ${canary.implied}`) : `caught by ${result.by}`;
      process.stdout.write(`${canary.name.padEnd(18)} ${what} after ${result.histories} histories, ${result.seconds.toFixed(1)} s\n`);
    }
  }),
);
rmSync(folder, { recursive: true, force: true });
const inRuns = caught.filter(({ by, histories }) => by !== null && histories > 0).map(({ histories }) => histories);
const median = inRuns.toSorted((a, b) => a - b)[Math.floor(inRuns.length / 2)] ?? 0;
const missed = caught.filter(({ by, canary }) => by === null && canary.implied === undefined);
process.stdout.write(
  `${caught.filter(({ by }) => by !== null).length} of ${caught.length} caught (in runs: after ${median} histories at the median, ${Math.max(0, ...inRuns)} at most), ${caught.filter(({ by, canary }) => by === null && canary.implied !== undefined).length} implied by other rules, missed: ${missed.map(({ canary }) => canary.name).join(', ') || 'none'}\n`,
);
process.exitCode = missed.length > 0 ? 1 : 0;
