import { NATIVE_VERSION } from '@openguild/core';
import { expect } from 'chai';
import { Campaign, type CampaignOptions } from '../src/index.ts';

const OPTIONS: CampaignOptions = {
  seed: 'campaign',
  one: false,
  histories: 3,
  milliseconds: Infinity,
  shape: { version: NATIVE_VERSION, model: 0, realCrypto: 0.1, acts: 8 },
  twice: 1,
  keepGoing: false,
  save: (name) => {
    throw new Error(`${name} would be written: something was found`);
  },
  stopped: () => false,
  now: () => performance.now(),
  say: () => undefined,
};

describe('a series of simulated histories', function () {
  this.timeout(60_000);

  it('counts events, verdicts and copies, and has one digest for one seed', async () => {
    const [{ data, text }, again] = [await new Campaign(OPTIONS).run(), await new Campaign(OPTIONS).run()];
    expect(data.histories).to.equal(3);
    expect(data.judged).to.be.greaterThan(data.events);
    expect(data.handled).to.be.greaterThan(data.judged);
    expect(again.data.digest).to.equal(data.digest);
    expect((await new Campaign({ ...OPTIONS, seed: 'other' }).run()).data.digest).to.not.equal(data.digest);
    expect(text).to.contain(`digest ${data.digest} of 3 histories of seed campaign`).and.to.contain('nothing found');
    expect(text).to.match(/ events\/s, \d+ judged\/s, \d+ handled\/s/);
  });

  it('ends early when it is told to, with a summary of what there is', async () => {
    let asked = 0;
    const { data, text } = await new Campaign({ ...OPTIONS, histories: 100, twice: 0, stopped: () => ++asked > 2 }).run();
    expect(data.histories).to.equal(2);
    expect(text).to.contain('stopped early').and.to.contain('digest');
  });
});
