import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkStore, SqliteStore } from '@openguild/storage';
import { SampleRoom } from '../../src/contract/sample-events.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const WRITER = join(import.meta.dirname, 'write-until-full.ts');

interface Told {
  readonly acknowledged: string[];
  readonly failure: string;
  readonly again: string;
  readonly there: string[];
}

describe('a disk that takes no more', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async function () {
    if (process.platform === 'win32') this.skip();
    folder = await temporaryFolder();
  });
  afterEach(() => folder?.remove());

  const afterwards = async (place: string, told: Told): Promise<void> => {
    expect(told.acknowledged.length).to.be.greaterThan(20);
    expect(told.there.slice(0, told.acknowledged.length)).to.deep.equal(told.acknowledged);
    const store = await SqliteStore.open(place);
    const ids = (await store.rooms.stream(0, 1_000_000)).map((row) => row.stored.event.event_id);
    expect(ids.slice(0, told.acknowledged.length)).to.deep.equal(told.acknowledged);
    expect((await checkStore(store, { hashes: false })).findings).to.deep.equal([]);
    await store.rooms.commit(new SampleRoom('later').next());
    await store.close();
  };

  it('because a file may grow no more: says so, keeps what it acknowledged, and goes on once there is space', async () => {
    const script = `ulimit -f 2048; exec "$0" "$@"`;
    const { stdout } = await run('bash', ['-c', script, process.execPath, WRITER, folder.path]);
    const told = JSON.parse(stdout) as Told;
    expect(told.failure).to.match(/^Sto(?:rage|reFailed)Error: SQLITE_(?:FULL|IOERR)/);
    await afterwards(folder.path, told);
  });

  it('because it is full: says so, keeps what it acknowledged, and goes on once there is space [optional]', async function () {
    // A small file system of its own: only root may make one.
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', folder.path]).then(
      () => true,
      () => false,
    );
    if (!mounted) this.skip();
    try {
      const { stdout } = await run(process.execPath, [WRITER, folder.path]);
      const told = JSON.parse(stdout) as Told;
      expect(told.failure).to.equal('StorageError: SQLITE_FULL');
      await run('mount', ['-o', 'remount,size=64m', folder.path]);
      await afterwards(folder.path, told);
    } finally {
      await run('umount', [folder.path]);
    }
  });

  it('because it is read-only: refuses to open', async function () {
    await (await SqliteStore.open(folder.path)).close();
    const program = `import { SqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))};
      await SqliteStore.open(${JSON.stringify(folder.path)}).then(() => console.log('opened'), (error) => console.log(error.name + ': ' + error.message));`;
    await chmod(join(folder.path, 'openguild.db'), 0o444);
    await chmod(join(folder.path, 'openguild.lock'), 0o444);
    await chmod(folder.path, 0o555);
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], user);
    await chmod(folder.path, 0o755);
    expect(stdout).to.match(/^(?!opened)\w*Error: /);
  });
});
