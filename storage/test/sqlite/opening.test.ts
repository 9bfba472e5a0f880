import { expect } from 'chai';
import Database from 'better-sqlite3';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForeignDatabaseError, NewerSchemaError, SqliteStore, StoreLockedError } from '@openguild/storage';
import { NewerSchemaError as NewerSchema } from '../../src/errors.ts';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('opening an SQLite store', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    file = join(folder.path, 'openguild.db');
  });
  afterEach(() => folder.remove());
  const refusal = (): Promise<unknown> =>
    SqliteStore.open(folder.path).then(
      async (store) => store.close(),
      (error: unknown) => error,
    );

  it('makes its folder and files, for this user alone', async () => {
    const inner = join(folder.path, 'some', 'data');
    const store = await SqliteStore.open(inner);
    await store.values.set('s', 'k', {});
    if (process.platform !== 'win32') {
      expect((await stat(inner)).mode & 0o777).to.equal(0o700);
      for (const name of ['openguild.db', 'openguild.db-wal']) expect((await stat(join(inner, name))).mode & 0o777, name).to.equal(0o600);
    }
    await store.close();
  });

  it('waits for the disk at every commit', async () => {
    const db = openDatabase(file);
    expect(db.pragma('journal_mode', { simple: true })).to.equal('wal');
    expect(db.pragma('synchronous', { simple: true })).to.equal(2);
    expect(db.pragma('foreign_keys', { simple: true })).to.equal(1);
    db.close();
  });

  it('lets one store at a time have the folder', async () => {
    const store = await SqliteStore.open(folder.path);
    expect(await refusal()).to.be.instanceOf(StoreLockedError);
    await store.values.set('s', 'k', { n: 1 });
    await store.close();
    const again = await SqliteStore.open(folder.path);
    expect(await again.values.get('s', 'k')).to.deep.equal({ n: 1 });
    await again.close();
  });

  it('refuses a database of a newer version, and leaves it as it is', async () => {
    await (await SqliteStore.open(folder.path)).close();
    const db = new Database(file);
    db.pragma('user_version = 999');
    db.close();
    const before = await readFile(file);
    const error = await refusal();
    expect(error).to.be.instanceOf(NewerSchemaError);
    expect((error as Error).message).to.include('999');
    expect((await readFile(file)).equals(before)).to.equal(true);
    // The folder is not left locked.
    expect(await refusal()).to.be.instanceOf(NewerSchemaError);
  });

  it('refuses the database of another program, and what is none', async () => {
    const db = new Database(file);
    db.exec('CREATE TABLE recipes (name TEXT)');
    db.close();
    const before = await readFile(file);
    expect(await refusal()).to.be.instanceOf(ForeignDatabaseError);
    expect((await readFile(file)).equals(before)).to.equal(true);
    await writeFile(file, 'this is a letter to my aunt, and no database at all'.repeat(50));
    expect(await refusal()).to.be.instanceOf(ForeignDatabaseError);
  });

  it('makes schema steps that are new, once each, and none of a step that fails', () => {
    const steps = ['CREATE TABLE one (n INTEGER) STRICT', 'CREATE TABLE two (n INTEGER) STRICT; INSERT INTO two VALUES (2)'];
    openDatabase(file, steps.slice(0, 1)).close();
    openDatabase(file, steps).close();
    const db = openDatabase(file, steps);
    expect(db.prepare('SELECT count(*) AS n FROM two').get()).to.deep.equal({ n: 1 });
    expect(db.pragma('user_version', { simple: true })).to.equal(2);
    db.close();
    expect(() => openDatabase(file, [...steps, 'CREATE TABLE three (n INTEGER); NONSENSE'])).to.throw();
    const after = openDatabase(file, steps);
    expect(after.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'three'").get()).to.deep.equal({ n: 0 });
    after.close();
    expect(() => openDatabase(file, steps.slice(0, 1))).to.throw(NewerSchema);
  });
});
