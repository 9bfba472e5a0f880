import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runVectors, type VectorCount } from '@openguild/federation-tests';

const NATIVE = fileURLToPath(new URL('../../spec/native/histories.jsonl.gz', import.meta.url));
const MATRIX = fileURLToPath(new URL('../../spec/matrix/histories.jsonl.gz', import.meta.url));
const GENERATED = fileURLToPath(new URL('../../spec/matrix/generated.jsonl.gz', import.meta.url));
/** OPENGUILD_HISTORIES=n judges every n-th history only. */
const EVERY = Number(process.env['OPENGUILD_HISTORIES'] ?? '1');

async function run(file: string): Promise<{ count: VectorCount; lines: string[] }> {
  const lines: string[] = [];
  const count = await runVectors([file], { every: EVERY, write: (line) => lines.push(line), now: () => 0 });
  return { count, lines };
}

describe('histories through the whole receipt pipeline', function () {
  this.timeout(600_000);

  it('native: verdicts, states and void events are those of the reference model', async () => {
    const { count, lines } = await run(NATIVE);
    expect(count.failed, lines.join('\n')).to.equal(0);
    expect(count.passed).to.equal(Math.ceil(2_000 / EVERY));
  });

  it('Matrix 3 to 12: verdicts and states are those of two other implementations', async () => {
    const { count, lines } = await run(MATRIX);
    expect(count.failed, lines.join('\n')).to.equal(0);
    expect(count.passed).to.be.greaterThan(220 / EVERY);
    expect(count.skipped).to.equal(EVERY === 1 ? 48 : count.skipped);
  });

  it('Matrix 3 to 12, odder ones: likewise, and nobody disputes any', async () => {
    const { count, lines } = await run(GENERATED);
    expect(count, lines.join('\n')).to.deep.equal({ passed: Math.ceil(102 / EVERY), failed: 0, skipped: 0, disputed: 0 });
  });
});
