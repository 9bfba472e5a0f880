import type Database from 'better-sqlite3';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AccountStore,
  InboundTransactions,
  InviteStore,
  KeyValueStore,
  MediaIndex,
  OutgoingQueue,
  RoomStore,
  Store,
} from '../ports.ts';
import { Committer } from './committer.ts';
import { lockFolder } from './folder-lock.ts';
import { openDatabase } from './open-database.ts';
import { SqliteAccounts } from './sqlite-accounts.ts';
import { SqliteInvites } from './sqlite-invites.ts';
import { SqliteOutgoing } from './sqlite-outgoing.ts';
import { sqliteInbound, sqliteMediaIndex, sqliteValues } from './sqlite-records.ts';
import { SqliteRooms } from './sqlite-rooms.ts';

const FILE = 'openguild.db';

/** A store in one SQLite file of a folder. One process at a time; every acknowledged write is on disk. */
export class SqliteStore implements Store {
  readonly rooms: RoomStore;
  readonly accounts: AccountStore;
  readonly invites: InviteStore;
  readonly outgoing: OutgoingQueue;
  readonly inbound: InboundTransactions;
  readonly media: MediaIndex;
  readonly values: KeyValueStore;
  readonly #db: Database.Database;
  readonly #committer: Committer;
  readonly #unlock: () => void;

  private constructor(db: Database.Database, unlock: () => void) {
    this.#db = db;
    this.#unlock = unlock;
    const committer = new Committer(db);
    const invites = new SqliteInvites(db, committer);
    this.#committer = committer;
    this.invites = invites;
    this.rooms = new SqliteRooms(db, committer, (code, now) => invites.redeem(code, now));
    this.accounts = new SqliteAccounts(db, committer);
    this.outgoing = new SqliteOutgoing(db, committer);
    this.inbound = sqliteInbound(db, committer);
    this.media = sqliteMediaIndex(db, committer);
    this.values = sqliteValues(db, committer);
  }

  /**
   * Opens the store in a folder, which is made (for this user alone) if it is not there.
   * Throws StoreLockedError, ForeignDatabaseError, NewerSchemaError; an `Error` of the file system if the folder cannot be used.
   */
  static async open(folder: string): Promise<SqliteStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unlock = lockFolder(folder);
    const file = join(folder, FILE);
    try {
      // It holds password hashes: not to be read by others, whatever the folder allows. The log files beside it take the same mode.
      await (await open(file, 'a', 0o600)).close();
      return new SqliteStore(openDatabase(file), unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Writes what still waits, then lets the folder go. A second call does nothing. */
  async close(): Promise<void> {
    if (!this.#db.open) return;
    this.#committer.close();
    this.#db.close();
    this.#unlock();
  }
}
