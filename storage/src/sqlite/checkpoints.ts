import type Database from 'better-sqlite3';
import { isSqliteError } from './open-database.ts';

/** Pages of the write-ahead log. */
export interface CheckpointLimits {
  /** So many more, and what can be is moved into the database. */
  readonly move: number;
  /** So many, and the log is emptied, if nobody reads from it. */
  readonly empty: number;
}

/** 4 MB and 64 MB. */
const LIMITS: CheckpointLimits = { move: 1_000, empty: 16_384 };

interface Outcome {
  /** 1: somebody reads or writes who would have to wait. */
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/**
 * Moves the write-ahead log into the database. SQLite would do it by itself within COMMIT, and keep to itself that the disk failed; here whatever
 * goes wrong is thrown. Nothing acknowledged is lost by it: the log was synced, and is moved again when the database is opened.
 */
export class Checkpoints {
  readonly #db: Database.Database;
  readonly #limits: CheckpointLimits;
  /** Pages of the log when it was last moved. */
  #last = 0;
  readonly #look: Database.Statement<[], Outcome>;

  constructor(db: Database.Database, limits: CheckpointLimits = LIMITS) {
    this.#db = db;
    this.#limits = limits;
    db.pragma('wal_autocheckpoint = 0');
    this.#look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  }

  afterCommit(): void {
    const { log } = this.#look.get() as Outcome;
    // The log began anew.
    if (log < this.#last) this.#last = 0;
    if (log < this.#last + this.#limits.move) return;
    this.#last = this.#move(log < this.#limits.empty ? 'PASSIVE' : 'TRUNCATE').log;
  }

  atClose(): void {
    this.#move('PASSIVE');
  }

  /** A full disk is no failure: what does not fit stays in the log, and writes that find no space say so themselves. */
  #move(mode: 'PASSIVE' | 'TRUNCATE'): Outcome {
    const wait = this.#db.pragma('busy_timeout', { simple: true }) as number;
    // Readers are of this thread: waiting for them would be for nothing.
    this.#db.pragma('busy_timeout = 0');
    try {
      return this.#db.prepare<[], Outcome>(`PRAGMA wal_checkpoint(${mode})`).get() as Outcome;
    } catch (error) {
      if (!isSqliteError(error) || error.code !== 'SQLITE_FULL') throw error;
      return this.#look.get() as Outcome;
    } finally {
      this.#db.pragma(`busy_timeout = ${wait}`);
    }
  }
}
