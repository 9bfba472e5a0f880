import Database from 'better-sqlite3';
import { StoreFailedError } from '../errors.ts';
import { SQLITE_SEARCH } from '../search/search-dialect.ts';
import type { Assignment, Driver, DriverTransaction, FailureKind, Insert, Lookup, Sql, SqlValue } from '../sql/driver.ts';
import { type CheckpointLimits, Checkpoints } from './checkpoints.ts';
import { isSqliteError } from './open-database.ts';

/** One connection as `Sql`. Nothing here waits; promises only make it look like other databases. */
export class SqliteConnection implements Sql {
  readonly db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<SqlValue[]>>();

  constructor(db: Database.Database) {
    this.db = db;
  }

  async all<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row[]> {
    return this.statement(query).all(...values) as Row[];
  }

  async get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    return this.statement(query).get(...values) as Row | undefined;
  }

  async run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    return this.statement(query).run(...values).changes;
  }

  statement(query: string): Database.Statement<SqlValue[]> {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const made = this.db.prepare<SqlValue[]>(query);
    this.#statements.set(query, made);
    return made;
  }
}

class SqliteTransaction implements DriverTransaction {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  all<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row[]> {
    return this.#connection.all(query, ...values);
  }

  get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#connection.get(query, ...values);
  }

  find<Row>({ query }: Lookup, ...key: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#connection.get(query, ...key);
  }

  run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    return this.#connection.run(query, ...values);
  }

  later(query: string, ...values: readonly SqlValue[]): void {
    this.#connection.statement(query).run(...values);
  }

  insert({ query }: Insert, values: readonly SqlValue[]): void {
    // Nothing is gained by gathering: statements cost the same for each row.
    (this.#connection.statement(query) as Database.Statement).run(values);
  }

  assign({ query }: Assignment, key: SqlValue, value: SqlValue): void {
    this.#connection.statement(query).run(value, key);
  }

  async settle(): Promise<void> {}

  async commit(): Promise<void> {
    this.later('COMMIT');
  }

  async rollback(): Promise<void> {
    if (this.#connection.db.inTransaction) this.later('ROLLBACK');
  }
}

/** Two connections to one file: what reads on the second never sees a transaction that runs on the first. */
export class SqliteDriver implements Driver {
  readonly reader: SqliteConnection;
  readonly search = SQLITE_SEARCH;
  readonly #writer: SqliteConnection;
  readonly #checkpoints: Checkpoints;

  constructor(db: Database.Database, limits?: CheckpointLimits) {
    this.#writer = new SqliteConnection(db);
    this.#checkpoints = new Checkpoints(db, limits);
    this.reader = new SqliteConnection(openReader(db.name));
  }

  async begin<Row>(first: string): Promise<{ tx: DriverTransaction; rows: Row[] }> {
    this.#writer.statement('BEGIN IMMEDIATE').run();
    const tx = new SqliteTransaction(this.#writer);
    try {
      return { tx, rows: await this.#writer.all<Row>(first) };
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  }

  /** Some errors (a full disk, for one) make SQLite undo the whole transaction. */
  failureKind(error: unknown): FailureKind {
    if (isDiskFailure(error)) return 'disk';
    return this.#writer.db.inTransaction ? 'statement' : 'transaction';
  }

  async afterCommit(): Promise<void> {
    this.#checkpoints.afterCommit();
  }

  async snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const connection = new SqliteConnection(openReader(this.#writer.db.name));
    try {
      connection.db.exec('BEGIN');
      return await work(connection);
    } finally {
      connection.db.close();
    }
  }

  async faults(sql: Sql): Promise<readonly string[]> {
    const pages = await sql.all<{ integrity_check: string }>('PRAGMA integrity_check(100)');
    const references = await sql.all<{ table: string; rowid: number | null; parent: string }>('PRAGMA foreign_key_check');
    return [
      ...pages.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
      ...references.slice(0, 100).map(({ table, rowid, parent }) => `row ${rowid ?? '?'} of ${table} refers to nothing in ${parent}`),
    ];
  }

  async close(failed = false): Promise<void> {
    this.reader.db.close();
    try {
      if (!failed) this.#checkpoints.atClose();
    } catch (cause) {
      throw new StoreFailedError('the disk failed as the database was closed', { cause });
    } finally {
      this.#writer.db.close();
    }
  }
}

function openReader(file: string): Database.Database {
  return new Database(file, { readonly: true, fileMustExist: true });
}

/** After such an error it is unknown what the disk holds; trying again could acknowledge what is lost. */
function isDiskFailure(error: unknown): boolean {
  return isSqliteError(error) && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(error.code);
}
