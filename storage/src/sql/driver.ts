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

/** The one transaction that writes. */
export interface DriverTransaction extends Sql {
  /** Sends a write whose answer nobody needs. What goes wrong with it is thrown by `settle`, or here. */
  later(query: string, ...values: readonly SqlValue[]): void;
  /** The same for a row. It may be gathered with others, and is sent with them before any statement that could see it. */
  insert(into: Insert, values: readonly SqlValue[]): void;
  /** Like `later`, for a statement that concerns one table alone: rows of others may be sent after it. */
  laterOn(table: string, query: string, ...values: readonly SqlValue[]): void;
  /** The same for a statement that gives exactly one row; if it does not, what goes wrong is `error`. */
  laterOne(error: () => Error, table: string, query: string, ...values: readonly SqlValue[]): void;
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
  /** Waits until no other process writes. One at a time in this process. */
  begin(): Promise<DriverTransaction>;
  failureKind(error: unknown): FailureKind;
  /** Reads of one moment: whatever is written meanwhile stays out of sight. */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** What the database itself finds wrong with its structure: pages, indexes, references. */
  faults(sql: Sql): Promise<readonly string[]>;
  close(): Promise<void>;
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
