import type { DriverTransaction, Sql, SqlValue } from './driver.ts';

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

/** A transaction of the driver with the counters of keys, positions and sequences, which are written with it. */
export class WriteTransaction implements Sql {
  readonly #inner: DriverTransaction;
  readonly #counters: Map<string, number>;
  readonly #changed = new Set<string>();

  private constructor(inner: DriverTransaction, counters: Map<string, number>) {
    this.#inner = inner;
    this.#counters = counters;
  }

  static async start(inner: DriverTransaction): Promise<WriteTransaction> {
    const rows = await inner.all<{ name: string; value: number }>('SELECT name, value FROM counters');
    return new WriteTransaction(inner, new Map(rows.map(({ name, value }) => [name, value])));
  }

  all<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row[]> {
    return this.#inner.all(query, ...values);
  }

  get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#inner.get(query, ...values);
  }

  run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    return this.#inner.run(query, ...values);
  }

  later(query: string, ...values: readonly SqlValue[]): void {
    this.#inner.later(query, ...values);
  }

  settle(): Promise<void> {
    return this.#inner.settle();
  }

  /** The next number of a counter. Given back only if the work that took it is undone. */
  next(counter: Counter): number {
    const value = (this.#counters.get(counter) ?? 0) + 1;
    this.#counters.set(counter, value);
    this.#changed.add(counter);
    return value;
  }

  /** Raises a counter to at least `value`. */
  raise(counter: Counter, value: number): void {
    if (value <= (this.#counters.get(counter) ?? 0)) return;
    this.#counters.set(counter, value);
    this.#changed.add(counter);
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
    for (const name of this.#changed)
      this.#inner.later('UPDATE counters SET value = ? WHERE name = ?', this.#counters.get(name) ?? 0, name);
    await this.#inner.settle();
    await this.#inner.commit();
  }

  rollback(): Promise<void> {
    return this.#inner.rollback();
  }
}
