import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type AnyHistory, readHistories, runVectors, type VectorCount } from '@openguild/federation-tests';

const NATIVE = fileURLToPath(new URL('../../spec/native/histories.jsonl.gz', import.meta.url));
const MATRIX = fileURLToPath(new URL('../../spec/matrix/histories.jsonl.gz', import.meta.url));
/** OPENGUILD_HISTORIES=n judges every n-th history only. */
const EVERY = Number(process.env['OPENGUILD_HISTORIES'] ?? '1');

async function run(file: string): Promise<{ count: VectorCount; lines: string[] }> {
  const lines: string[] = [];
  const count = await runVectors([file], { every: EVERY, write: (line) => lines.push(line), now: () => 0 });
  return { count, lines };
}

/** The first history of a file for which `wanted` holds. */
async function find(file: string, wanted: (history: AnyHistory) => boolean): Promise<AnyHistory> {
  for await (const history of readHistories(file)) if (wanted(history)) return history;
  throw new Error('no such history');
}

describe('histories through the whole receipt pipeline', function () {
  this.timeout(600_000);
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openguild-vectors-'));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('native: verdicts, states and void events are those of the reference model', async () => {
    const { count, lines } = await run(NATIVE);
    expect(count.failed, lines.join('\n')).to.equal(0);
    expect(count.passed).to.be.greaterThan(1_800 / EVERY);
  });

  it('Matrix 3 to 12: verdicts and states are those of two other implementations', async () => {
    const { count, lines } = await run(MATRIX);
    expect(count.failed, lines.join('\n')).to.equal(0);
    expect(count.passed).to.be.greaterThan(220 / EVERY);
    expect(count.skipped).to.equal(EVERY === 1 ? 48 : count.skipped);
  });

  it('a wrong expectation is found, and named', async () => {
    const native = await find(NATIVE, (history) => history['tie'] !== true);
    const expect_ = native['expect'] as Record<string, { verdict: string }>;
    expect_['e3'] = { verdict: 'reject' };
    const matrix = await find(MATRIX, (history) => history['room_version'] === '12' && history['disputed'] === undefined);
    (matrix['final_state'] as unknown[]).pop();
    const file = join(folder, 'wrong.jsonl');
    await writeFile(file, `${JSON.stringify(native)}\n${JSON.stringify(matrix)}\n`);
    const lines: string[] = [];
    const count = await runVectors([file], { every: 1, write: (line) => lines.push(line), now: () => 0 });
    expect(count).to.deep.include({ passed: 0, failed: 2 });
    expect(lines.join('\n')).to.include('the first at e3: verdict').and.to.include('the first at the end: state');
  });
});
