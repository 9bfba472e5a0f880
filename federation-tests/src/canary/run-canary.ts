import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NATIVE_VERSION } from '@openguild/core';
import type { CampaignData } from '../sim/campaign.ts';
import type { KeptFinding } from '../sim/keep-findings.ts';
import { type Canary, NO_SUCH_LINE } from './canary.ts';

/** A process ends by itself after its minutes, the history that then runs and making smaller what was found; this long after the minutes it will not end any more. */
export const GRACE_MS = 90_000;

/** How the canaries of one series are run. */
export interface Series {
  readonly seed: string;
  /** The most histories for each. */
  readonly histories: number;
  /** The most time for each in runs, and once more in small worlds. */
  readonly minutes: number;
  readonly graceMs: number;
  /** Where the compiled programs are. */
  readonly dist: string;
  /** Where what is found is written. */
  readonly folder: string;
  /** By the simulator alone, as `npm run sim` runs, but with the model in every history. */
  readonly runsOnly?: boolean;
}

/** What came of one canary. */
export interface Caught {
  readonly canary: Canary;
  readonly histories: number;
  /** The invariant that noticed; null: nothing did. */
  readonly by: string | null;
  readonly seconds: number;
  /** Events of the history in which it was noticed, and how many of them are left when it is made smaller: 0 if judging its events alone does not show it. */
  readonly events?: { readonly all: number; readonly left: number };
}

/** One program with one rule switched off: its exit code, and what it wrote. */
function start(
  canary: Canary,
  { dist, minutes, graceMs }: Series,
  program: string,
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly ended: boolean; readonly out: string; readonly err: string }> {
  const args = ['--import', join(dist, 'canary', 'load-hook.js'), join(dist, 'bin', `${program}.js`), ...options];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, OPENGUILD_CANARY: JSON.stringify(canary) };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    let ended = true;
    const limit = setTimeout(
      () => {
        ended = false;
        child.kill('SIGKILL');
      },
      minutes * 60_000 + graceMs,
    );
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      if (code === NO_SUCH_LINE) reject(new Error(err));
      else resolve({ code, ended, out, err });
    });
  });
}

/** First the simulator, then every small world. What breaks down altogether is noticed as well. */
export async function runCanary(canary: Canary, series: Series): Promise<Caught> {
  const { seed, histories, minutes, graceMs, folder } = series;
  const given = { seed, histories, minutes, save: folder, model: 1, jobs: 1 };
  const options = Object.entries(series.runsOnly === true ? given : { ...given, real: canary.real === true ? 1 : 0, twice: 0 }).flatMap(
    ([name, value]) => [`--${name}`, String(value)],
  );
  if (canary.portable === true) options.push('--portable');
  if (canary.runs !== undefined) options.push('--only', canary.runs);
  options.push('--version', canary.matrix === true ? 'matrix' : NATIVE_VERSION);
  if (canary.worlds !== undefined) {
    const worlds = await inWorlds(canary, series);
    if (worlds.by !== null) return worlds;
  }
  const { out, err, ended } = await start(canary, series, 'sim', [...options, '--json']);
  if (!ended) return { canary, histories: 1, by: 'a run that does not end', seconds: minutes * 60 + graceMs / 1_000 };
  const line = out.trim();
  if (line === '')
    return {
      canary,
      histories: 1,
      by: `breakdown: ${err.split('\n').find((each) => /^\w*Error\b/.test(each)) ?? err.slice(0, 200)}`,
      seconds: 0,
    };
  const { findings, ...data } = JSON.parse(line) as Pick<CampaignData, 'histories' | 'seconds' | 'findings'>;
  const [first] = findings;
  if (first !== undefined) return { canary, ...data, by: first.invariant, ...sizes(first) };
  // Small worlds are of the native version.
  const decided = canary.implied !== undefined || canary.matrix === true || series.runsOnly === true;
  if (decided) return { canary, histories: data.histories, by: null, seconds: data.seconds };
  const small = await inWorlds(canary, series);
  return { ...small, histories: data.histories, seconds: data.seconds + small.seconds };
}

function sizes({ file, shrunk }: KeptFinding): Pick<Caught, 'events'> {
  if (file === null) return {};
  const eventsIn = (path: string): number =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && 'type' in JSON.parse(line)).length;
  return { events: { all: eventsIn(file), left: shrunk === null ? 0 : eventsIn(shrunk) } };
}

async function inWorlds(canary: Canary, series: Series): Promise<Caught> {
  const { acts, events } = canary.worlds ?? { acts: [], events: 2 };
  const begun = performance.now();
  const some = acts.length === 0 ? [] : ['--acts', acts.join('|')];
  const { code } = await start(canary, series, 'enumerate', [
    '--events',
    String(events),
    ...some,
    '--first',
    '--seconds',
    String(60 * series.minutes),
    '--save',
    series.folder,
  ]);
  return { canary, histories: 0, by: code === 0 ? null : 'enumeration', seconds: (performance.now() - begun) / 1_000 };
}
