import { StorageError, StoreClosedError, StoreFailedError } from '../errors.ts';
import type { Driver, DriverTransaction, FailureKind, KeyedSql } from './driver.ts';
import { COUNTERS, WriteTransaction } from './write-transaction.ts';

/** Something to write. It may be run again from the start, after all that it did was undone. */
export interface Work<T> {
  /** Reads ahead what `apply` will ask for; runs beside others of its kind. What goes wrong here is left to `apply`. */
  readonly prepare?: (sql: KeyedSql) => Promise<unknown>;
  /** Runs alone. */
  readonly apply: (tx: WriteTransaction) => Promise<T>;
}

/** What remembers rows that it has seen in a transaction. */
export interface Memory {
  /** Forget everything that only the running transaction knows: it is over. */
  transactionOver(): void;
  /** Forget everything: some of what was seen was undone. */
  undone(): void;
}

interface Job {
  readonly work: Work<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type Result = { readonly job: Job; readonly value: unknown } | { readonly job: Job; readonly error: unknown };

/** Works in one transaction at most; those behind them wait for the next. */
const MAX_BATCH = 1_000;

/**
 * Group commit: works that wait at the same time share one transaction, and so one sync of the disk. A work that throws is undone alone. Nobody hears of
 * success before COMMIT has returned. While a transaction runs, others gather for the next: a slow disk makes larger transactions, not more.
 *
 * Works first run without savepoints, since nearly all succeed. One that refuses before it has written anything fails alone. If another does not succeed, all are undone
 * and run again, each in a savepoint of its own.
 */
export class Committer {
  readonly #driver: Driver;
  readonly #memories: readonly Memory[];
  #queue: Job[] = [];
  #running: Promise<void> | undefined;
  #failed: StoreFailedError | undefined;
  #closed = false;

  constructor(driver: Driver, memories: readonly Memory[] = []) {
    this.#driver = driver;
    this.#memories = memories;
  }

  /** Does the work in a transaction; resolves to its value once that is on disk, rejects if it threw or could not be written. */
  run<T>(work: Work<T> | Work<T>['apply']): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreClosedError());
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work: typeof work === 'function' ? { apply: work } : work, resolve, reject });
      this.#running ??= this.#writeAll();
    });
  }

  /** Whether the disk failed, so that nothing more is written. */
  get hasFailed(): boolean {
    return this.#failed !== undefined;
  }

  /** Writes what waits; nothing is taken after that. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #writeAll(): Promise<void> {
    await endOfTurn();
    while (this.#queue.length > 0) {
      await this.#write(this.#queue.splice(0, MAX_BATCH));
      // Whoever was answered goes on first.
      await endOfTurn();
      await this.#afterCommit();
    }
    this.#running = undefined;
  }

  async #write(batch: readonly Job[]): Promise<void> {
    let results: readonly Result[];
    try {
      if (this.#failed !== undefined) throw this.#failed;
      results = (await this.#together(batch)) ?? (await this.#oneByOne(batch));
    } catch (error) {
      const failure = this.#failed ?? asStorageError(error);
      for (const job of batch) job.reject(failure);
      return;
    } finally {
      for (const memory of this.#memories) memory.transactionOver();
    }
    for (const result of results) {
      if ('error' in result) result.job.reject(asStorageError(result.error));
      else result.job.resolve(result.value as never);
    }
  }

  /** What was acknowledged is on disk whatever comes of it; but nothing more is written to a disk that failed. */
  async #afterCommit(): Promise<void> {
    try {
      await this.#driver.afterCommit?.();
    } catch (error) {
      this.#failed ??= new StoreFailedError('the disk failed; nothing more is written', { cause: error });
    }
  }

  /** Undefined if one of several works failed: which, is found by running each in a savepoint. */
  async #together(batch: readonly Job[]): Promise<readonly Result[] | undefined> {
    let one: FailureKind | undefined;
    try {
      return await this.#transaction(async (tx) => {
        try {
          await Promise.allSettled(batch.map(async (job) => job.work.prepare?.(tx)));
          const results: Result[] = [];
          for (const job of batch) results.push(await this.#applied(job, tx));
          await tx.settle();
          return results;
        } catch (error) {
          one = this.#driver.failureKind(error);
          throw error;
        }
      });
    } catch (error) {
      if (one === 'statement' && batch.length > 1) return undefined;
      throw error;
    }
  }

  async #applied(job: Job, tx: WriteTransaction): Promise<Result> {
    const before = tx.touched;
    try {
      return { job, value: await job.work.apply(tx) };
    } catch (error) {
      // What the database itself complains of may have ended the transaction.
      if (tx.touched !== before || !(error instanceof StorageError) || this.#driver.failureKind(error) !== 'statement') throw error;
      return { job, error };
    }
  }

  #oneByOne(batch: readonly Job[]): Promise<readonly Result[]> {
    return this.#transaction(async (tx) => {
      const results: Result[] = [];
      for (const job of batch) {
        try {
          results.push({ job, value: await tx.guarded(() => job.work.apply(tx)) });
        } catch (error) {
          // Then nobody in the transaction succeeded.
          if (this.#driver.failureKind(error) !== 'statement') throw error;
          for (const memory of this.#memories) memory.undone();
          results.push({ job, error });
        }
      }
      return results;
    });
  }

  async #transaction<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    let inner: DriverTransaction | undefined;
    try {
      const begun = await this.#driver.begin<{ name: string; value: number }>(COUNTERS);
      inner = begun.tx;
      const tx = new WriteTransaction(inner, begun.rows);
      const value = await work(tx);
      await tx.commit();
      return value;
    } catch (error) {
      for (const memory of this.#memories) memory.undone();
      if (this.#driver.failureKind(error) === 'disk')
        this.#failed ??= new StoreFailedError('the disk failed; nothing more is written', { cause: error });
      try {
        await inner?.rollback();
      } catch (cause) {
        this.#failed ??= new StoreFailedError('a failed transaction could not be undone; nothing more is written', { cause });
      }
      throw error;
    }
  }
}

/** Everybody who is about to write in this turn of the event loop has said so then. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function asStorageError(error: unknown): unknown {
  if (error instanceof StorageError || !isDatabaseError(error)) return error;
  return new StorageError('the store refused a write', { cause: error });
}

/** What databases throw carries a code. */
function isDatabaseError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error;
}
