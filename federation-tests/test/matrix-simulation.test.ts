import { expect } from 'chai';
import { HOSTILE_ACTS } from '../src/matrix/matrix-hostile.ts';
import { MATRIX_VERSIONS, runMatrixHistory } from '../src/index.ts';

const FRESH_MS = Number(process.env['OPENGUILD_SIM_MS'] ?? 20_000) / 4;
const SEED = process.env['OPENGUILD_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));

/** What was done to servers, and by hostile ones, in all runs so far. */
const faults = new Set<string>();

async function holds(seed: string, version?: string): Promise<void> {
  const { findings, version: id, faults: done } = await runMatrixHistory(seed, version);
  for (const fault of Object.keys(done)) faults.add(fault);
  const [first] = findings;
  if (first !== undefined)
    throw new Error(`${first.invariant}: ${first.detail}\nreplay: npm run sim -- --one --seed ${seed} --version ${id}`);
}

describe(`Matrix rooms on simulated servers (OPENGUILD_SEED=${SEED} replays)`, function () {
  this.timeout(120_000);

  it('a seed gives the same run every time, with merges and rejections in it', async () => {
    const [once, twice] = [await runMatrixHistory('twice', '11'), await runMatrixHistory('twice', '11')];
    expect(twice).to.deep.equal(once);
    expect((await runMatrixHistory('another', '11')).digest).to.not.equal(once.digest);
    expect(once.merges).to.be.greaterThan(0);
    expect(once.events).to.be.greaterThan(20);
  });

  for (const version of MATRIX_VERSIONS)
    it(`servers come to the same verdicts and states in version ${version}`, async () => {
      for (let i = 0; i < 3; i++) await holds(`fixed/${i}`, version);
    });

  it('in which servers crash and lose what is not synced, and hostile ones do all that they can', async () => {
    const wanted = ['crash', 'unsynced write lost', 'write synced but not acknowledged', ...HOSTILE_ACTS.map((act) => `hostile: ${act}`)];
    const left = (): string[] => wanted.filter((fault) => !faults.has(fault));
    for (let i = 0; i < 60 && left().length > 0; i++) await holds(`hostile/${i}`);
    expect(left()).to.deep.equal([]);
  });

  it('a server that loses what it has to send is noticed', async () => {
    const found: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { findings } = await runMatrixHistory(`lost/${i}`, '10', (servers) => servers.forEach((server) => server.running.forget()));
      found.push(...findings.map((one) => one.invariant));
    }
    expect(found).to.include('convergence');
  });

  it(`and in fresh runs for ${FRESH_MS / 1_000} s`, async () => {
    const end = performance.now() + FRESH_MS;
    for (let i = 0; performance.now() < end; i++) await holds(`${SEED}/${i}`);
  });
});
