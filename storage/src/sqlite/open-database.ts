import Database from 'better-sqlite3';
import { ForeignDatabaseError, NewerSchemaError, StorageError } from '../errors.ts';
import { MIGRATIONS } from '../sql/migrations.ts';

/** 'OGld': in the header of every database of this program. */
const APPLICATION_ID = 0x4f476c64;

const CACHE_KIB = 32_768;

/**
 * Opens a database and brings its schema up to date; creates it if there is none. A database that is not ours, or that a newer version wrote, is left
 * as it is (ForeignDatabaseError, NewerSchemaError).
 */
export function openDatabase(file: string, migrations: readonly string[] = MIGRATIONS): Database.Database {
  const db = new Database(file);
  try {
    checkOwner(db, file, migrations.length);
    db.pragma('journal_mode = WAL');
    // FULL: the write-ahead log is synced at every commit, so what is acknowledged survives loss of power.
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // The indexes that every write goes through stay in memory.
    db.pragma(`cache_size = -${CACHE_KIB}`);
    migrate(db, migrations);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof StorageError) throw error;
    if (isSqliteError(error) && error.code === 'SQLITE_NOTADB')
      throw new ForeignDatabaseError(`${file} is not an SQLite database`, { cause: error });
    throw new StorageError(`${file} cannot be opened`, { cause: error });
  }
}

export function isSqliteError(error: unknown): error is InstanceType<typeof Database.SqliteError> {
  return error instanceof Database.SqliteError;
}

function checkOwner(db: Database.Database, file: string, newest: number): void {
  const application = db.pragma('application_id', { simple: true });
  const version = schemaVersion(db);
  if (application !== APPLICATION_ID) {
    const tables = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM sqlite_schema').get()?.n;
    if (application !== 0 || version !== 0 || tables !== 0) throw new ForeignDatabaseError(`${file} belongs to another program`);
  } else if (version > newest) {
    throw new NewerSchemaError(`${file} has schema ${version}, and this version of OpenGuild knows schemas up to ${newest}`);
  }
}

function migrate(db: Database.Database, migrations: readonly string[]): void {
  for (let version = schemaVersion(db) + 1; version <= migrations.length; version++) {
    const step = db.transaction(() => {
      db.exec(migrations[version - 1] as string);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${version}`);
    });
    step.exclusive();
  }
}

function schemaVersion(db: Database.Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}
