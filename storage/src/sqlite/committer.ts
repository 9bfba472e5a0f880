import type Database from 'better-sqlite3';
import { StorageError, StoreClosedError, StoreFailedError } from '../errors.ts';
import { isSqliteError } from './open-database.ts';

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type Result = { readonly job: Job; readonly value: unknown } | { readonly job: Job; readonly error: unknown };

/** Works in one transaction at most; those behind them wait for the next. */
const MAX_BATCH = 1_000;

/**
 * Group commit: works that wait at the same time share one transaction, and so one sync of the disk. Each is in a savepoint of its own: one that
 * throws is undone alone. Nobody hears of success before COMMIT has returned.
 */
export class Committer {
  readonly #db: Database.Database;
  readonly #statements: Readonly<Record<'begin' | 'savepoint' | 'release' | 'undo' | 'commit' | 'rollback', Database.Statement>>;
  #queue: Job[] = [];
  #scheduled = false;
  #failed: StoreFailedError | undefined;
  #closed = false;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#statements = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      savepoint: db.prepare('SAVEPOINT work'),
      release: db.prepare('RELEASE work'),
      undo: db.prepare('ROLLBACK TO work'),
      commit: db.prepare('COMMIT'),
      rollback: db.prepare('ROLLBACK'),
    };
  }

  /** Runs synchronous work in a transaction; resolves to its value once that is on disk, rejects if it threw or could not be written. */
  run<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreClosedError());
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      this.#schedule();
    });
  }

  /** Writes what waits; nothing is taken after that. */
  close(): void {
    this.#closed = true;
    while (this.#queue.length > 0) this.#flush();
  }

  /** At the end of this turn of the event loop, so that everybody who is about to write gets on. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #flush(): void {
    const batch = this.#queue.splice(0, MAX_BATCH);
    if (batch.length === 0) return;
    const { begin, commit } = this.#statements;
    let results: Result[];
    try {
      if (this.#failed !== undefined) throw this.#failed;
      begin.run();
      results = batch.map((job) => this.#runOne(job));
      commit.run();
    } catch (error) {
      this.#giveUp(error);
      const failure = this.#failed ?? asStorageError(error);
      for (const job of batch) job.reject(failure);
      return;
    }
    for (const result of results) {
      if ('error' in result) result.job.reject(asStorageError(result.error));
      else result.job.resolve(result.value as never);
    }
  }

  #runOne(job: Job): Result {
    const { savepoint, release, undo } = this.#statements;
    savepoint.run();
    try {
      const value = job.work();
      release.run();
      return { job, value };
    } catch (error) {
      // Some errors (a full disk, for one) make SQLite undo the whole transaction: then nobody in it succeeded.
      if (!this.#db.inTransaction || isDiskFailure(error)) throw error;
      undo.run();
      release.run();
      return { job, error };
    }
  }

  #giveUp(error: unknown): void {
    if (isDiskFailure(error)) this.#failed ??= new StoreFailedError('the disk failed; nothing more is written', { cause: error });
    try {
      if (this.#db.inTransaction) this.#statements.rollback.run();
    } catch (cause) {
      this.#failed ??= new StoreFailedError('a failed transaction could not be undone; nothing more is written', { cause });
    }
  }
}

/** After such an error it is unknown what the disk holds; trying again could acknowledge what is lost. */
function isDiskFailure(error: unknown): boolean {
  return isSqliteError(error) && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(error.code);
}

function asStorageError(error: unknown): unknown {
  return isSqliteError(error) ? new StorageError('the store refused a write', { cause: error }) : error;
}
