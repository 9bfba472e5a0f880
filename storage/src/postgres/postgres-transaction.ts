import type pg from 'pg';
import { OutcomeUnknownError, StorageError } from '../errors.ts';
import type { Assignment, DriverTransaction, Insert, Lookup, SqlValue } from '../sql/driver.ts';
import { GatheredAssignments } from './gathered-assignments.ts';
import { GatheredLookups } from './gathered-lookups.ts';
import { GatheredRows } from './gathered-rows.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { isConnectionFailure } from './postgres-failures.ts';

/** What became of a transaction whose COMMIT was sent. Undefined if the server cannot be asked. */
export type Outcome = 'committed' | 'undone' | undefined;

/**
 * A transaction whose statements are sent without waiting for the answers to those before, and many rows in each.
 *
 * It holds a lock that all writers of the schema take, in whatever process. The lock is let go after the transaction has become visible, so positions become
 * visible in their order: no reader ever skips one.
 */
export class PostgresTransaction implements DriverTransaction {
  readonly #client: pg.Client;
  readonly #connection: PostgresConnection;
  readonly #outcome: () => Promise<Outcome>;
  readonly #rows = new GatheredRows();
  readonly #assignments = new GatheredAssignments();
  readonly #lookups: GatheredLookups;
  #sent: Promise<unknown>[] = [];
  #over = false;

  /** `client`: has begun it. */
  constructor(client: pg.Client, outcome: () => Promise<Outcome>) {
    this.#client = client;
    this.#connection = new PostgresConnection(client);
    this.#outcome = outcome;
    this.#lookups = new GatheredLookups((lookup, query, values) => {
      if (this.#rows.concern(lookup.table) || this.#assignments.concern(lookup.table)) this.#sendGathered();
      return this.#connection.all(query, ...values);
    });
  }

  all<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row[]> {
    this.#sendGathered();
    return this.#connection.all(query, ...values);
  }

  get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    this.#sendGathered();
    return this.#connection.get(query, ...values);
  }

  find<Row>(lookup: Lookup, ...key: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#lookups.find(lookup, key);
  }

  run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    this.#sendGathered();
    return this.#connection.run(query, ...values);
  }

  later(query: string, ...values: readonly SqlValue[]): void {
    this.#sendGathered();
    this.#remember(this.#connection.query(query, values));
  }

  insert(into: Insert, values: readonly SqlValue[]): void {
    if (!this.#rows.add(into, values)) this.later(into.query, ...values);
    // The server writes them while the next are made.
    else if (this.#rows.areMany) this.#sendRows();
  }

  assign(to: Assignment, key: SqlValue, value: SqlValue): void {
    this.#assignments.add(to, key, value);
  }

  /** What goes wrong with it is reported by `settle`. */
  #remember(sent: Promise<unknown>): void {
    sent.catch(() => undefined);
    this.#sent.push(sent);
  }

  #sendRows(): void {
    for (const { query, values } of this.#rows.take()) this.#remember(this.#connection.query(query, values));
  }

  #sendGathered(): void {
    this.#sendRows();
    for (const { query, values } of this.#assignments.take()) this.#remember(this.#connection.query(query, values));
  }

  async settle(): Promise<void> {
    this.#sendGathered();
    const sent = this.#sent;
    this.#sent = [];
    const results = await Promise.allSettled(sent);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async commit(): Promise<void> {
    await this.settle();
    this.#over = true;
    try {
      const { command } = await this.#client.query('COMMIT');
      if (command !== 'COMMIT') throw new StorageError('the transaction was undone');
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      // It may be written or not; the server knows.
      const outcome = await this.#outcome();
      if (outcome === 'undone') throw error;
      if (outcome === undefined) {
        throw new OutcomeUnknownError('the connection was lost at a commit; whether it is written is unknown', { cause: error });
      }
    }
  }

  async rollback(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.settle().catch(() => undefined);
    try {
      await this.#client.query('ROLLBACK');
    } catch (error) {
      // Without the connection the server undoes it by itself.
      if (!isConnectionFailure(error)) throw error;
    }
  }
}
