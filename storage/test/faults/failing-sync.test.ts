import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkStore, SqliteStore } from '@openguild/storage';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);

describe('a sync that fails (EIO)', function () {
  this.timeout(60_000);

  it('stops all writing: nothing is tried again, nothing more is acknowledged [optional]', async function () {
    const folder = await temporaryFolder();
    const library = join(folder.path, 'failing-sync.so');
    const source = join(import.meta.dirname, 'failing-sync.c');
    const compiled = await run('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']).then(
      () => process.platform === 'linux',
      () => false,
    );
    if (!compiled) {
      await folder.remove();
      return this.skip();
    }
    // Syncs of commits. One that fails in a checkpoint SQLite keeps to itself: what it would have moved stays in the log, which is synced.
    for (const after of [15, 40, 65]) {
      const place = join(folder.path, String(after));
      const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'write-until-full.ts'), place], {
        env: { ...process.env, LD_PRELOAD: library, FAIL_SYNC_AFTER: String(after) },
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
    await folder.remove();
  });
});
