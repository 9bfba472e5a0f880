import type { SearchDialect } from '../search/search-dialect.ts';

export type SqlValue = string | number | null;

/**
 * Statements of SQL that both SQLite and Postgres understand, with `?` for values. Integers are numbers, truth is 1 or 0, JSON is text; text compares by its
 * UTF-8 bytes.
 */
export interface Sql {
  all<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row[]>;
  get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined>;
  /** The number of rows that were changed. */
  run(query: string, ...values: readonly SqlValue[]): Promise<number>;
}

/** Rows of a table with the same columns. */
export interface Insert {
  readonly table: string;
  readonly columns: readonly string[];
  /** The statement for one row. */
  readonly query: string;
}

export function insertInto(table: string, columns: readonly string[]): Insert {
  return { table, columns, query: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})` };
}

type ColumnType = 'integer' | 'text';

/** A question for the one row of a table that has these values in the columns of a unique key. */
export interface Lookup {
  readonly table: string;
  readonly key: Readonly<Record<string, ColumnType>>;
  readonly columns: readonly string[];
  /** The statement for one row. */
  readonly query: string;
}

export function lookUp(table: string, key: Lookup['key'], columns: readonly string[]): Lookup {
  const where = Object.keys(key).map((column) => `${column} = ?`);
  return { table, key, columns, query: `SELECT ${columns.join(', ')} FROM ${table} WHERE ${where.join(' AND ')}` };
}

/** Gives one column of a row, found by its key, a value. */
export interface Assignment {
  readonly table: string;
  readonly key: readonly [column: string, type: ColumnType];
  readonly value: readonly [column: string, type: ColumnType];
  /** The statement for one row: value, then key. */
  readonly query: string;
}

export function assignTo(table: string, key: Assignment['key'], value: Assignment['value']): Assignment {
  return { table, key, value, query: `UPDATE ${table} SET ${value[0]} = ? WHERE ${key[0]} = ?` };
}

/** What can look for rows by their keys, many at once. */
export interface KeyedSql extends Sql {
  /** Questions of the same turn may be asked together. */
  find<Row>(lookup: Lookup, ...key: readonly SqlValue[]): Promise<Row | undefined>;
}

/** The one transaction that writes. */
export interface DriverTransaction extends KeyedSql {
  /** Sends a write whose answer nobody needs. What goes wrong with it is thrown by `settle`, or here. */
  later(query: string, ...values: readonly SqlValue[]): void;
  /** The same for a row. It may be gathered with others, and is sent with them before any statement that could see it. */
  insert(into: Insert, values: readonly SqlValue[]): void;
  /** The same for a value; of several for one row the last counts. */
  assign(to: Assignment, key: SqlValue, value: SqlValue): void;
  settle(): Promise<void>;
  /** Resolves once everything is on disk. */
  commit(): Promise<void>;
  /** Does nothing if the transaction is over, as it is after some errors. */
  rollback(): Promise<void>;
}

/**
 * What an error of a transaction means. `statement`: nothing but the work that caused it has failed. `transaction`: none of it is written. `disk`: what the disk
 * holds is unknown from now on.
 */
export type FailureKind = 'statement' | 'transaction' | 'disk';

/** A database: all that differs between SQLite and Postgres, but for how a schema is made. */
export interface Driver {
  /** Sees what is committed, and nothing else. */
  readonly reader: Sql;
  readonly search: SearchDialect;
  /** Waits until no other process writes. One at a time in this process. `first`: a question that is asked in the same breath. */
  begin<Row>(first: string): Promise<{ readonly tx: DriverTransaction; readonly rows: readonly Row[] }>;
  failureKind(error: unknown): FailureKind;
  /** What is to be done now and then, once a commit is acknowledged. What it throws is a failure of the disk. */
  afterCommit?(): Promise<void>;
  /** Reads of one moment: whatever is written meanwhile stays out of sight. */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** What the database itself finds wrong with its structure: pages, indexes, references. */
  faults(sql: Sql): Promise<readonly string[]>;
  /** `failed`: the disk is not to be touched any more. Throws StoreFailedError if something went wrong with what closing does. */
  close(failed?: boolean): Promise<void>;
}

/** `?` to fill an `IN (…)`, in few different lengths, so that few statements are prepared. */
export function placeholders(count: number): string {
  return Array.from({ length: paddedLength(count) }, () => '?').join(', ');
}

/** Values for `placeholders`: the last is repeated. */
export function padded<T>(values: readonly T[]): T[] {
  const length = paddedLength(values.length);
  return Array.from({ length }, (_, index) => values[Math.min(index, values.length - 1)] as T);
}

/** More values than this need several statements. */
export const MAX_IN_LIST = 256;

function paddedLength(count: number): number {
  return [1, 4, 16, 64, MAX_IN_LIST].find((length) => length >= count) ?? MAX_IN_LIST;
}
