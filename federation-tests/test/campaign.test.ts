import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NATIVE_VERSION } from '@openguild/core';
import { expect } from 'chai';
import { CANARIES } from '../src/canary/canaries.ts';
import { ANY_VERSION } from '../src/sim/history-runner.ts';
import { Campaign, type CampaignData, type CampaignOptions } from '../src/index.ts';

const OPTIONS: CampaignOptions = {
  seed: 'campaign',
  one: false,
  histories: 3,
  milliseconds: Infinity,
  shape: { version: NATIVE_VERSION, model: 0, realCrypto: 0.1, acts: 8 },
  twice: 1,
  keepGoing: false,
  folder: '/nowhere',
  jobs: 1,
  stopped: () => false,
  now: () => performance.now(),
  say: () => undefined,
};

/** What the program finds of a user whose server's ceiling is not asked. */
function foundBy(jobs: string): CampaignData {
  const dist = fileURLToPath(new URL('../dist/', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'openguild-campaign-'));
  const canary = CANARIES.find(({ name }) => name === 'AUTH-4.8 ceiling');
  const options = [
    '--version',
    NATIVE_VERSION,
    '--seed',
    'canary',
    '--histories',
    '30',
    '--model',
    '1',
    '--twice',
    '0',
    '--save',
    folder,
    '--json',
    '--jobs',
    jobs,
  ];
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--import', join(dist, 'canary', 'load-hook.js'), join(dist, 'bin', 'sim.js'), ...options],
    { env: { ...process.env, OPENGUILD_CANARY: JSON.stringify(canary) }, encoding: 'utf8' },
  );
  rmSync(folder, { recursive: true });
  expect(status).to.equal(1);
  return JSON.parse(stdout.replaceAll(folder, '')) as CampaignData;
}

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

  it('has some histories of Matrix rooms among it where any version is asked for, and the same ones on several threads', async () => {
    const options = { ...OPTIONS, histories: 16, twice: 0, shape: { ...OPTIONS.shape, version: ANY_VERSION } };
    const { data, text } = await new Campaign(options).run();
    expect(data.matrix).to.be.within(1, 8);
    expect(text).to.contain(`16 histories (${data.matrix} of Matrix rooms)`);
    expect((await new Campaign({ ...options, jobs: 2 }).run()).data.digest).to.equal(data.digest);
  });

  it('comes to the same on several threads', async () => {
    const { seconds: _, ...data } = (await new Campaign({ ...OPTIONS, histories: 8, keepGoing: true }).run()).data;
    const { seconds: __, ...again } = (await new Campaign({ ...OPTIONS, histories: 8, keepGoing: true, jobs: 3 }).run()).data;
    expect(again).to.deep.equal(data);
  });

  it('finds the same on several threads, where the engine is broken in all of them, and ends with the same history', () => {
    const [one, three] = [foundBy('1'), foundBy('3')];
    expect(one.findings[0]?.seed).to.equal(`canary/${one.histories - 1}`);
    expect({ ...three, seconds: 0 }).to.deep.equal({ ...one, seconds: 0 });
  });

  it('of one server, alone with its people, ends and finds nothing', async () => {
    const shape = { ...OPTIONS.shape, servers: 1, model: 1 };
    const { data } = await new Campaign({ ...OPTIONS, seed: 'one', histories: 4, twice: 0, shape }).run();
    expect(data).to.include({ histories: 4 }).and.to.deep.include({ findings: [] });
  });

  it('ends early when it is told to, with a summary of what there is', async () => {
    let asked = 0;
    const { data, text } = await new Campaign({ ...OPTIONS, histories: 100, twice: 0, stopped: () => ++asked > 2 }).run();
    expect(data.histories).to.equal(2);
    expect(text).to.contain('stopped early').and.to.contain('digest');
  });
});
