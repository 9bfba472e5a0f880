import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkStore, SqliteStore } from '@openguild/storage';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);

describe('a sync that fails (EIO)', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let library: string;
  before(async function () {
    folder = await temporaryFolder();
    library = join(folder.path, 'failing-sync.so');
    const compiled = await run('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'failing-sync.c'), '-ldl']).then(
      () => process.platform === 'linux',
      () => false,
    );
    if (!compiled) this.skip();
  });
  after(() => folder.remove());

  /** A process whose sync fails: it says so, writes nothing more, and everything that it acknowledged is there. */
  async function stops(name: string, environment: Record<string, string>): Promise<void> {
    const place = join(folder.path, name);
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'write-until-full.ts'), place], {
      env: { ...process.env, LD_PRELOAD: library, ...environment },
    });
    const told = JSON.parse(stdout) as { acknowledged: string[]; failure: string; again: string };
    expect(told.failure).to.match(/^StoreFailedError: SQLITE_IOERR/);
    // The next sync would succeed, and would not bring back what the failed one lost.
    expect(told.again).to.equal('StoreFailedError');
    const store = await SqliteStore.open(place);
    const ids = (await store.rooms.stream(0, 1_000_000)).map((row) => row.stored.event.event_id);
    expect(ids.slice(0, told.acknowledged.length)).to.deep.equal(told.acknowledged);
    expect((await checkStore(store, { hashes: false })).findings).to.deep.equal([]);
    await store.close();
  }

  it('of the log stops all writing: nothing is tried again, nothing more is acknowledged [optional]', async () => {
    for (const after of [15, 40, 65]) await stops(`log${after}`, { FAIL_SYNC_AFTER: String(after), FAIL_SYNC_OF: '/openguild.db-wal' });
  });

  it('of the database, as the log is moved into it, does so too [optional]', async () => {
    // The first is of its making.
    for (const after of [2, 3]) await stops(`database${after}`, { FAIL_SYNC_AFTER: String(after), FAIL_SYNC_OF: '/openguild.db' });
  });

  it('of the database as the store is closed is reported, and nothing is lost [optional]', async () => {
    const place = join(folder.path, 'closed');
    const program = `import { SqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))};
      const store = await SqliteStore.open(${JSON.stringify(place)});
      await store.values.set('s', 'k', { n: 1 });
      await store.close().then(() => console.log('closed'), (error) => console.log(error.name + ': ' + error.cause.code));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, LD_PRELOAD: library, FAIL_SYNC_AFTER: '2', FAIL_SYNC_OF: '/openguild.db' },
    });
    expect(stdout.trim()).to.equal('StoreFailedError: SQLITE_IOERR_FSYNC');
    const store = await SqliteStore.open(place);
    expect(await store.values.get('s', 'k')).to.deep.equal({ n: 1 });
    await store.close();
  });
});
