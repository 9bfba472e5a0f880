import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureSums } from '../sql/ensure-sums.ts';
import { SqlStore } from '../sql/sql-store.ts';
import { lockFolder } from './folder-lock.ts';
import { openDatabase } from './open-database.ts';
import { SqliteDriver } from './sqlite-driver.ts';

/** The database in a data folder. */
export const DATABASE_FILE = 'openguild.db';

/** A store in one SQLite file of a folder. One process at a time; every acknowledged write is on disk. */
export class SqliteStore extends SqlStore {
  readonly #unlock: () => void;

  private constructor(driver: SqliteDriver, unlock: () => void) {
    super(driver);
    this.#unlock = unlock;
  }

  /**
   * Opens the store in a folder, which is made (for this user alone) if it is not there.
   * Throws StoreLockedError, ForeignDatabaseError, NewerSchemaError; an `Error` of the file system if the folder cannot be used.
   */
  static async open(folder: string): Promise<SqliteStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unlock = lockFolder(folder);
    const file = join(folder, DATABASE_FILE);
    let store: SqliteStore | undefined;
    try {
      // It holds password hashes: not to be read by others, whatever the folder allows. The log files beside it take the same mode.
      await (await open(file, 'a', 0o600)).close();
      store = new SqliteStore(new SqliteDriver(openDatabase(file)), unlock);
      await ensureSums(store.driver.reader, store.committer);
      return store;
    } catch (error) {
      if (store === undefined) unlock();
      else await store.close();
      throw error;
    }
  }

  protected override async letGo(): Promise<void> {
    try {
      await super.letGo();
    } finally {
      this.#unlock();
    }
  }
}
