import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NATIVE_VERSION } from '@openguild/core';
import { expect } from 'chai';
import { judgeHistory, readHistory, replayReport, runHistory, shrink } from '../src/index.ts';
import { RUN_KINDS, type RunKind } from '../src/sim/shape.ts';

const FRESH_MS = Number(process.env['OPENGUILD_SIM_MS'] ?? 20_000);
const SEED = process.env['OPENGUILD_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));
const OPTIONS = { version: NATIVE_VERSION, model: 1, realCrypto: 0.1 };

async function holds(seed: string, only?: RunKind): Promise<void> {
  const { findings } = await runHistory(seed, { ...OPTIONS, only });
  const [first] = findings;
  const kind = only === undefined ? '' : ` --only ${only}`;
  if (first !== undefined)
    throw new Error(`${first.invariant}: ${first.detail}\nreplay: npm run sim -- --one --seed ${seed} --model 1${kind}`);
}

describe(`simulation (OPENGUILD_SEED=${SEED} replays)`, function () {
  this.timeout(240_000);

  it('a seed gives the same run every time', async () => {
    const [once, twice] = [await runHistory('twice', OPTIONS), await runHistory('twice', OPTIONS)];
    expect(once.events).to.be.greaterThan(10);
    expect(twice.digest).to.equal(once.digest);
    expect((await runHistory('another', OPTIONS)).digest).to.not.equal(once.digest);
  });

  // One of each kind, the same for one commit however often it is tested. The seed is any: what it draws changes with every act that is added.
  for (const kind of RUN_KINDS) it(`every invariant holds in a run of the kind ${kind}`, () => holds('fixed', kind));

  it(`every invariant holds in fresh runs for ${FRESH_MS / 1_000} s`, async () => {
    const end = performance.now() + FRESH_MS;
    for (let i = 0; performance.now() < end; i++) await holds(`${SEED}/${i}`);
  });
});

describe('histories that once showed a fault', () => {
  const folder = join(import.meta.dirname, '..', 'corpus');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    it(file, () => {
      const history = readHistory(readFileSync(join(folder, file), 'utf8'));
      const judged = judgeHistory(history);
      expect(judged.events.length).to.be.greaterThan(0);
      expect(judged.differences, replayReport(history, judged, { width: 200 })).to.deep.equal([]);
      expect(shrink(history)).to.equal(null);
    });
  }
});
