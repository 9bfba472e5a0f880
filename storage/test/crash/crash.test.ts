import { expect } from 'chai';
import { newSchema, postgresOrSkip } from '../postgres/postgres-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { CrashFinding } from './acknowledged.ts';
import { crashRuns } from './crash-runs.ts';

const SEED = Number(process.env['OPENGUILD_SEED'] ?? Date.now() % 1_000_000);

describe(`processes that are killed under load (npm run crash -- --runs 12 --seed ${SEED})`, function () {
  this.timeout(120_000);

  it('lose nothing that they acknowledged, on SQLite, also when power is lost', async () => {
    const folder = await temporaryFolder();
    expect(await crashRuns(folder.path, 12, SEED)).to.be.greaterThan(60);
    await folder.remove();
  });

  it('lose nothing that they acknowledged, on Postgres', async function () {
    const server = await postgresOrSkip(this);
    expect(await crashRuns(`${server.url}&schema=${newSchema()}`, 3, SEED)).to.be.greaterThan(10);
  });

  it('would be found out if a synced write were lost', async () => {
    const folder = await temporaryFolder();
    const found = await crashRuns(folder.path, 12, SEED, { broken: true }).catch((error: unknown) => error);
    expect(found).to.be.instanceOf(CrashFinding);
    await folder.remove();
  });
});
