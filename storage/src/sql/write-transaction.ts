import {
  type Assignment,
  assignTo,
  type DriverTransaction,
  type Insert,
  insertInto,
  type KeyedSql,
  type Lookup,
  type SqlValue,
} from './driver.ts';
import { addSums, type Row, rowSum, subtractSums, sumCounter, SUMMED, sumOfTable, type SummedTable } from './row-sums.ts';

/** Tables whose keys are counted: by the program, so that a row's key is known before the row is written. */
export type Counter =
  | 'rooms'
  | 'events'
  | 'states'
  | 'stream'
  | 'outgoing'
  | 'invite_codes'
  | 'pending_invites'
  | 'quarantine'
  | 'one_time_keys'
  | 'to_device';

interface CounterRow {
  readonly name: string;
  readonly value: number;
}

/** What a transaction begins with. */
export const COUNTERS = 'SELECT name, value FROM counters';

const COUNTER_VALUE = assignTo('counters', ['name', 'text'], ['value', 'integer']);

/** How the last row of a table was written: nearly always the next has the same columns. */
const inserts = new Map<string, Insert>();

function insertOf(table: string, row: Row): Insert {
  const known = inserts.get(table);
  if (known !== undefined && hasColumns(row, known.columns)) return known;
  const made = insertInto(table, Object.keys(row));
  inserts.set(table, made);
  return made;
}

function hasColumns(row: Row, columns: readonly string[]): boolean {
  let count = 0;
  for (const column in row) if (column !== columns[count++]) return false;
  return count === columns.length;
}

/**
 * A transaction of the driver with the counters of keys, positions and sequences, which are written with it, and the sums of tables (row-sums.ts): whoever writes
 * to a table that has one does so by `insert`, `put`, `change` and `remove`.
 */
export class WriteTransaction implements KeyedSql {
  readonly #inner: DriverTransaction;
  readonly #counters: Map<string, number>;
  readonly #changed = new Set<string>();
  #touched = 0;

  /** `counters`: what COUNTERS gives. */
  constructor(inner: DriverTransaction, counters: readonly CounterRow[]) {
    this.#inner = inner;
    this.#counters = new Map(counters.map(({ name, value }) => [name, value]));
  }

  /** Rises with everything that is written or taken from a counter. */
  get touched(): number {
    return this.#touched;
  }

  all<T>(query: string, ...values: readonly SqlValue[]): Promise<T[]> {
    return this.#inner.all(query, ...values);
  }

  get<T>(query: string, ...values: readonly SqlValue[]): Promise<T | undefined> {
    return this.#inner.get(query, ...values);
  }

  find<T>(lookup: Lookup, ...key: readonly SqlValue[]): Promise<T | undefined> {
    return this.#inner.find(lookup, ...key);
  }

  run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    this.#touched++;
    return this.#inner.run(query, ...values);
  }

  later(query: string, ...values: readonly SqlValue[]): void {
    this.#touched++;
    this.#inner.later(query, ...values);
  }

  /** A value that follows from other tables, so that no sum has it. */
  assign(to: Assignment, key: SqlValue, value: SqlValue): void {
    this.#touched++;
    this.#inner.assign(to, key, value);
  }

  settle(): Promise<void> {
    return this.#inner.settle();
  }

  /** A row that is not there yet; else the work fails. States follow from events, and have no sum. */
  insert(table: SummedTable | 'states', row: Row): void {
    this.#touched++;
    this.#inner.insert(insertOf(table, row), Object.values(row));
    if (table !== 'states') this.#add(table, row);
  }

  /** A row, unless one with the same key is there: then false. */
  async insertNew(table: SummedTable, row: Row): Promise<boolean> {
    this.#touched++;
    const added = (await this.#inner.run(`${insertOf(table, row).query} ON CONFLICT DO NOTHING`, ...Object.values(row))) > 0;
    if (added) this.#add(table, row);
    return added;
  }

  /** A row in the place of the one with the same values in `key`, if there is any. */
  async put(table: SummedTable, row: Row, key: readonly string[]): Promise<void> {
    await this.remove(table, key.map((column) => `${column} = ?`).join(' AND '), ...key.map((column) => row[column] ?? null));
    this.insert(table, row);
  }

  /** Gives these values to rows. Returns how many there were. */
  async change(table: SummedTable, values: Row, where: string, ...which: readonly SqlValue[]): Promise<number> {
    const rows = await this.#inner.all<Row>(`SELECT ${SUMMED[table].join(', ')} FROM ${table} WHERE ${where}`, ...which);
    if (rows.length === 0) return 0;
    const columns = Object.keys(values).map((column) => `${column} = ?`);
    this.#touched++;
    this.#inner.later(`UPDATE ${table} SET ${columns.join(', ')} WHERE ${where}`, ...Object.values(values), ...which);
    for (const row of rows) {
      this.#take(table, row);
      this.#add(table, { ...row, ...values });
    }
    return rows.length;
  }

  /** Deletes rows. Returns how many there were. */
  async remove(table: SummedTable, where: string, ...which: readonly SqlValue[]): Promise<number> {
    this.#touched++;
    const rows = await this.#inner.all<Row>(`DELETE FROM ${table} WHERE ${where} RETURNING ${SUMMED[table].join(', ')}`, ...which);
    for (const row of rows) this.#take(table, row);
    return rows.length;
  }

  /** The sum of a table anew, after it was written to in other ways. */
  async sumAgain(table: SummedTable): Promise<void> {
    await this.#inner.settle();
    const [name, sum] = [sumCounter(table), await sumOfTable(this, table)];
    if (!this.#counters.has(name)) await this.#inner.run('INSERT INTO counters (name, value) VALUES (?, ?)', name, sum);
    this.#set(name, sum);
  }

  /** The next number of a counter. Given back only if the work that took it is undone. */
  next(counter: Counter): number {
    const value = (this.#counters.get(counter) ?? 0) + 1;
    this.#set(counter, value);
    return value;
  }

  /** Raises a counter to at least `value`. */
  raise(counter: Counter, value: number): void {
    if (value > (this.#counters.get(counter) ?? 0)) this.#set(counter, value);
  }

  /** The last number that was given out. */
  last(counter: Counter): number {
    return this.#counters.get(counter) ?? 0;
  }

  /** Work that is undone alone if it throws. */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    const before = new Map(this.#counters);
    this.#inner.later('SAVEPOINT work');
    try {
      const value = await work();
      await this.#inner.settle();
      this.#inner.later('RELEASE SAVEPOINT work');
      return value;
    } catch (error) {
      await this.#inner.settle().catch(() => undefined);
      await this.#inner.run('ROLLBACK TO SAVEPOINT work');
      this.#inner.later('RELEASE SAVEPOINT work');
      for (const [name, value] of before) this.#counters.set(name, value);
      throw error;
    }
  }

  async commit(): Promise<void> {
    for (const name of this.#changed) this.#inner.assign(COUNTER_VALUE, name, this.#counters.get(name) ?? 0);
    await this.#inner.settle();
    await this.#inner.commit();
  }

  rollback(): Promise<void> {
    return this.#inner.rollback();
  }

  #add(table: SummedTable, row: Row): void {
    const name = sumCounter(table);
    this.#set(name, addSums(this.#counters.get(name) ?? 0, rowSum(table, row)));
  }

  #take(table: SummedTable, row: Row): void {
    const name = sumCounter(table);
    this.#set(name, subtractSums(this.#counters.get(name) ?? 0, rowSum(table, row)));
  }

  #set(name: string, value: number): void {
    this.#touched++;
    this.#counters.set(name, value);
    this.#changed.add(name);
  }
}
