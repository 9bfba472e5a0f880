import Database from 'better-sqlite3';
import { join } from 'node:path';
import { StorageError, StoreLockedError } from '../errors.ts';
import { isSqliteError } from './open-database.ts';

/**
 * Takes a folder for this process. The lock is an exclusive transaction on an empty database of its own: the system frees it when the process ends, however it
 * ends, and the real database stays readable for backup tools.
 *
 * Returns what gives it back. Throws StoreLockedError if somebody has it.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'openguild.lock');
  const db = new Database(file, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isSqliteError(error) && error.code.startsWith('SQLITE_BUSY')) {
      throw new StoreLockedError(`another process uses the data folder ${folder}; stop it first, or choose another folder`, {
        cause: error,
      });
    }
    throw new StorageError(`${file} cannot be locked`, { cause: error });
  }
  return () => db.close();
}
