import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Canary } from '../src/canary/canary.ts';
import { type Caught, runCanary, type Series } from '../src/canary/run-canary.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));

/** What the simulator makes of an engine with this change, run as by hand. */
export async function tried(canary: Canary, series: Pick<Series, 'seed' | 'histories' | 'minutes'>): Promise<Caught> {
  const folder = mkdtempSync(join(tmpdir(), 'openguild-tried-'));
  try {
    return await runCanary(canary, { ...series, graceMs: 60_000, dist: DIST, folder, runsOnly: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
