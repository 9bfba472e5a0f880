import pg from 'pg';
import { OutcomeUnknownError, StorageError, StoreClosedError } from '../errors.ts';
import type { Driver, DriverTransaction, FailureKind, Sql, SqlValue } from '../sql/driver.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { connectionOptions, type PostgresOptions, schemaOf } from './postgres-options.ts';
import { WRITER_LOCK } from './postgres-schema.ts';

/** The connection was lost: whatever ran on it and was not committed is undone by the server. */
class ConnectionLostError extends StorageError {
  override name = 'ConnectionLostError';
}

/** How often, and how long apart (milliseconds), a server is asked what became of a COMMIT whose answer was lost. */
const [VERDICT_ATTEMPTS, VERDICT_PAUSE_MS] = [20, 250];

/**
 * A transaction whose statements are sent without waiting for the answers to those before.
 *
 * It holds a lock that all writers of the schema take, in whatever process. The lock is let go after the transaction has become visible, so positions become
 * visible in their order: no reader ever skips one.
 */
class PostgresTransaction implements DriverTransaction {
  readonly #client: pg.Client;
  readonly #connection: PostgresConnection;
  readonly #outcomeOf: (id: string) => Promise<'committed' | 'aborted' | undefined>;
  #id = '';
  #sent: Promise<unknown>[] = [];
  #over = false;

  constructor(client: pg.Client, outcomeOf: (id: string) => Promise<'committed' | 'aborted' | undefined>) {
    this.#client = client;
    this.#connection = new PostgresConnection(client);
    this.#outcomeOf = outcomeOf;
  }

  async start(schema: string): Promise<void> {
    const steps = [
      this.#client.query('BEGIN'),
      this.#connection.query('SELECT pg_advisory_xact_lock(?, hashtext(?))', [WRITER_LOCK, schema]),
      this.#connection.all<{ id: string }>('SELECT pg_current_xact_id()::text AS id'),
    ] as const;
    await Promise.allSettled(steps);
    await Promise.all(steps);
    this.#id = (await steps[2])[0]?.id ?? '';
  }

  all<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row[]> {
    return this.#connection.all(query, ...values);
  }

  get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#connection.get(query, ...values);
  }

  run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    return this.#connection.run(query, ...values);
  }

  later(query: string, ...values: readonly SqlValue[]): void {
    const sent = this.#connection.query(query, values);
    // It is reported by `settle`.
    sent.catch(() => undefined);
    this.#sent.push(sent);
  }

  async settle(): Promise<void> {
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
      const outcome = await this.#outcomeOf(this.#id);
      if (outcome === 'aborted') throw error;
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

/** One connection that writes, made again when it is lost, and some that read. */
export class PostgresDriver implements Driver {
  readonly reader: Sql;
  readonly #options: PostgresOptions;
  readonly #schema: string;
  readonly #pool: pg.Pool;
  #writer: pg.Client | undefined;
  #closed = false;

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#schema = schemaOf(options);
    this.#pool = new pg.Pool({ ...connectionOptions(options), max: options.readers ?? 8, idleTimeoutMillis: 30_000 });
    // An idle connection that is lost is replaced when one is needed.
    this.#pool.on('error', () => undefined);
    this.reader = new PostgresConnection(this.#pool);
  }

  async begin(): Promise<DriverTransaction> {
    const client = (this.#writer ??= await this.#connect());
    const tx = new PostgresTransaction(client, (id) => this.#outcomeOf(id));
    try {
      await tx.start(this.#schema);
      return tx;
    } catch (error) {
      // A connection that was lost while nothing ran on it: nothing is lost by trying once more.
      this.#drop(client);
      if (!isConnectionFailure(error)) throw error;
      const fresh = (this.#writer = await this.#connect());
      const again = new PostgresTransaction(fresh, (id) => this.#outcomeOf(id));
      await again.start(this.#schema);
      return again;
    }
  }

  failureKind(error: unknown): FailureKind {
    return isConnectionFailure(error) || error instanceof OutcomeUnknownError || isServerFailure(error) ? 'transaction' : 'statement';
  }

  async snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      const value = await work(new PostgresConnection(client));
      await client.query('COMMIT');
      return value;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writer?.end().catch(() => undefined);
    this.#writer = undefined;
    await this.#pool.end();
  }

  async #connect(): Promise<pg.Client> {
    if (this.#closed) throw new StoreClosedError();
    const client = new pg.Client({ ...connectionOptions(this.#options), pipeline: true } as pg.ClientConfig);
    client.on('error', () => this.#drop(client));
    client.on('end', () => this.#drop(client));
    try {
      await client.connect();
      return client;
    } catch (error) {
      throw new ConnectionLostError('the database cannot be reached', { cause: error });
    }
  }

  #drop(client: pg.Client): void {
    if (this.#writer !== client) return;
    this.#writer = undefined;
    void client.end().catch(() => undefined);
  }

  /** What became of a transaction whose COMMIT was sent. Undefined if the server cannot be asked. */
  async #outcomeOf(id: string): Promise<'committed' | 'aborted' | undefined> {
    for (let attempt = 0; attempt < VERDICT_ATTEMPTS; attempt++) {
      try {
        const row = await this.reader.get<{ status: string | null }>('SELECT pg_xact_status(?::xid8) AS status', id);
        if (row?.status === 'committed' || row?.status === 'aborted') return row.status;
      } catch {
        // Not there yet.
      }
      await new Promise((resolve) => setTimeout(resolve, VERDICT_PAUSE_MS));
    }
    return undefined;
  }
}

function stateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Class 08, or the server ends it (57P…), or the driver has no connection: such errors carry no SQLSTATE. */
function isConnectionFailure(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true;
  if (error instanceof StorageError || !(error instanceof Error)) return false;
  const state = stateOf(error);
  if (state !== undefined) return state.startsWith('08') || state.startsWith('57P') || state === '25P03';
  return /connection|not queryable|terminated|ECONN|EPIPE/i.test(`${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}`);
}

/** No space, no memory, an I/O error: no statement can do anything about it. */
function isServerFailure(error: unknown): boolean {
  return /^(?:53|58|XX)/.test(stateOf(error) ?? '');
}
