import { NATIVE_VERSION } from '@openguild/core';
import { expect } from 'chai';
import { CANARIES } from '../src/canary/canaries.ts';
import type { Canary } from '../src/canary/canary.ts';
import { checkSampledWorlds } from '../src/check/sampled-worlds.ts';
import { runHistory } from '../src/index.ts';
import { tried } from './tried.ts';

describe('sampled worlds', function () {
  this.timeout(120_000);

  it('find nothing where nothing is broken, with stand-ins and with real signatures', async () => {
    for (const realCrypto of [0, 1]) {
      const { world } = await runHistory('sampled', { version: NATIVE_VERSION, model: 0, realCrypto, servers: 2, acts: 1, only: 'feud' });
      expect(world.shape.kind).to.equal('guild');
      checkSampledWorlds(world);
      expect(world.ledger.findings).to.deep.equal([]);
    }
  });

  it('notice in few histories that ranks are not asked where entries of channels are in conflict (RES-8)', async () => {
    const { runs: _, ...canary } = CANARIES.find(({ name }) => name === 'RES-8 rank') as Canary;
    const { by, histories, events } = await tried(canary, { seed: 'sampled', histories: 40, minutes: 1 });
    expect(by).to.equal('state');
    expect(histories).to.be.lessThan(40);
    expect(events?.left).to.be.within(1, 20);
  });
});
