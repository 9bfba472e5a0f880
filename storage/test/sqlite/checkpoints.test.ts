import { expect } from 'chai';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { SqlStore } from '../../src/sql/sql-store.ts';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { SqliteDriver } from '../../src/sqlite/sqlite-driver.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const PAGE_BYTES = 4_096;

describe('the write-ahead log of SQLite', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  let store: SqlStore;
  beforeEach(async () => {
    folder = await temporaryFolder();
    file = join(folder.path, 't.db');
    store = new SqlStore(new SqliteDriver(openDatabase(file), { move: 40, empty: 200 }));
  });
  afterEach(async () => {
    await store.close().catch(() => undefined);
    await folder.remove();
  });
  const pages = (name: string): number => statSync(name).size / PAGE_BYTES;
  const write = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) await store.values.set('s', `k${n}`, { text: 'x'.repeat(9_000) });
  };

  it('is moved into the database now and then, and does not grow beyond', async () => {
    await write(0, 150);
    expect(pages(file)).to.be.greaterThan(300);
    expect(pages(`${file}-wal`)).to.be.lessThan(80);
  });

  it('is kept as long as somebody reads an earlier moment, and is emptied afterwards', async () => {
    await store.driver.snapshot(async (sql) => {
      const before = (await sql.all('SELECT key FROM key_values')).length;
      await write(0, 100);
      expect((await sql.all('SELECT key FROM key_values')).length).to.equal(before);
    });
    expect(pages(`${file}-wal`)).to.be.greaterThan(300);
    await write(100, 125);
    expect(pages(`${file}-wal`)).to.be.lessThan(100);
    expect(await store.values.entries('s')).to.have.length(125);
  });
});
