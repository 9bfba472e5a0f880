import pg from 'pg';
import { OutcomeUnknownError, StorageError, StoreClosedError } from '../errors.ts';
import { POSTGRES_SEARCH } from '../search/search-dialect.ts';
import type { Driver, DriverTransaction, FailureKind, Insert, Sql, SqlValue } from '../sql/driver.ts';
import { GatheredRows } from './gathered-rows.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { connectionOptions, type PostgresOptions, schemaOf } from './postgres-options.ts';
import { WRITER_LOCK, WRITERS_TABLE } from './postgres-schema.ts';

/** The connection was lost: whatever ran on it and was not committed is undone by the server. */
class ConnectionLostError extends StorageError {
  override name = 'ConnectionLostError';
}

/** How often a server is asked what became of a COMMIT whose answer was lost, and the longest pause in between, milliseconds. */
const [OUTCOME_ATTEMPTS, OUTCOME_PAUSE_MS] = [30, 500];

/** How often a read is tried whose connection is lost. */
const READ_ATTEMPTS = 10;

type Outcome = 'committed' | 'undone' | undefined;

/**
 * A transaction whose statements are sent without waiting for the answers to those before.
 *
 * It holds a lock that all writers of the schema take, in whatever process. The lock is let go after the transaction has become visible, so positions become
 * visible in their order: no reader ever skips one.
 */
class PostgresTransaction implements DriverTransaction {
  readonly #client: pg.Client;
  readonly #connection: PostgresConnection;
  readonly #outcome: () => Promise<Outcome>;
  readonly #gathered = new GatheredRows();
  #sent: Promise<unknown>[] = [];
  #over = false;

  constructor(client: pg.Client, outcome: () => Promise<Outcome>) {
    this.#client = client;
    this.#connection = new PostgresConnection(client);
    this.#outcome = outcome;
  }

  async start(schema: string, writer: string, batch: number): Promise<void> {
    const steps = [this.#client.query('BEGIN'), lockWriters(this.#connection, schema), markBatch(this.#connection, writer, batch)];
    await Promise.allSettled(steps);
    await Promise.all(steps);
  }

  all<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row[]> {
    this.#sendRows();
    return this.#connection.all(query, ...values);
  }

  get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    this.#sendRows();
    return this.#connection.get(query, ...values);
  }

  run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    this.#sendRows();
    return this.#connection.run(query, ...values);
  }

  later(query: string, ...values: readonly SqlValue[]): void {
    this.#sendRows();
    this.#remember(this.#connection.query(query, values));
  }

  insert(into: Insert, values: readonly SqlValue[]): void {
    if (!this.#gathered.add(into, values)) this.later(into.query, ...values);
  }

  laterOn(table: string, query: string, ...values: readonly SqlValue[]): void {
    if (this.#gathered.concern(table)) this.#sendRows();
    this.#remember(this.#connection.query(query, values));
  }

  laterOne(error: () => Error, table: string, query: string, ...values: readonly SqlValue[]): void {
    if (this.#gathered.concern(table)) this.#sendRows();
    this.#remember(
      this.#connection.query(query, values).then(({ rows }) => {
        if (rows.length !== 1) throw error();
      }),
    );
  }

  #sendRows(): void {
    for (const { query, values } of this.#gathered.take()) this.#remember(this.#connection.query(query, values));
  }

  /** What goes wrong with it is reported by `settle`. */
  #remember(sent: Promise<unknown>): void {
    sent.catch(() => undefined);
    this.#sent.push(sent);
  }

  async settle(): Promise<void> {
    this.#sendRows();
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

/** Reads on connections of a pool. What was lost with its connection is asked again: a read changes nothing. */
class PostgresReader extends PostgresConnection {
  override async query(query: string, values: readonly SqlValue[]): Promise<pg.QueryResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await super.query(query, values);
      } catch (error) {
        if (attempt >= READ_ATTEMPTS || !isConnectionFailure(error)) throw error;
        // Others of the pool may be lost as well, and be known to be after this turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}

/** One connection that writes, made again when it is lost, and some that read. */
export class PostgresDriver implements Driver {
  readonly reader: Sql;
  readonly search = POSTGRES_SEARCH;
  readonly #options: PostgresOptions;
  readonly #schema: string;
  readonly #pool: pg.Pool;
  /** Who it is that writes; a name that the server makes up. */
  #writer: string | undefined;
  #batch = 0;
  #client: pg.Client | undefined;
  #closed = false;

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#schema = schemaOf(options);
    this.#pool = new pg.Pool({ ...connectionOptions(options), max: options.readers ?? 8, idleTimeoutMillis: 30_000 });
    // An idle connection that is lost is replaced when one is needed.
    this.#pool.on('error', () => undefined);
    this.reader = new PostgresReader(this.#pool);
  }

  async begin(): Promise<DriverTransaction> {
    const client = (this.#client ??= await this.#connect());
    try {
      return await this.#start(client);
    } catch (error) {
      this.#drop(client);
      if (!isConnectionFailure(error)) throw error;
      // It was lost while nothing ran on it: nothing is lost by trying once more.
      return this.#start((this.#client = await this.#connect()));
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

  /** References are kept by the server, and pages have checksums if the cluster was made with them; an index is rebuilt by REINDEX. */
  async faults(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
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
    if (this.#client !== client) return;
    this.#client = undefined;
    void client.end().catch(() => undefined);
  }

  async #start(client: pg.Client): Promise<DriverTransaction> {
    const batch = ++this.#batch;
    const writer = (this.#writer ??= await newWriter(client));
    const tx = new PostgresTransaction(client, () => this.#outcomeOf(writer, batch));
    await tx.start(this.#schema, writer, batch);
    return tx;
  }

  /** What became of a transaction whose COMMIT was sent. Undefined if the server cannot be asked. */
  async #outcomeOf(writer: string, batch: number): Promise<Outcome> {
    for (let attempt = 0; attempt < OUTCOME_ATTEMPTS && !this.#closed; attempt++) {
      const client = await this.#connect().catch(() => undefined);
      try {
        if (client !== undefined) return await readOutcome(new PostgresConnection(client), this.#schema, writer, batch);
      } catch {
        // Lost again.
      } finally {
        void client?.end().catch(() => undefined);
      }
      // oxlint-disable-next-line no-restricted-globals -- it waits for a real server, never in a simulation
      await new Promise((resolve) => setTimeout(resolve, Math.min(OUTCOME_PAUSE_MS, 10 * 2 ** attempt)));
    }
    return undefined;
  }
}

function lockWriters(sql: PostgresConnection, schema: string): Promise<unknown> {
  return sql.query('SELECT pg_advisory_xact_lock(?, hashtext(?))', [WRITER_LOCK, schema]);
}

async function newWriter(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ writer: string }>('SELECT gen_random_uuid()::text AS writer');
  return rows[0]?.writer ?? '';
}

/** Written with every transaction, so that it can be found out later whether it was committed. Numbers of transactions are used again after a crash of the server. */
function markBatch(sql: PostgresConnection, writer: string, batch: number): Promise<unknown> {
  const mark = `INSERT INTO ${WRITERS_TABLE} (writer, batch) VALUES (?, ?) ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, seen = now()`;
  return sql.query(mark, [writer, batch]);
}

/** The lock is had only once the lost transaction is over. */
async function readOutcome(sql: PostgresConnection, schema: string, writer: string, batch: number): Promise<Outcome> {
  await sql.query('SELECT pg_advisory_lock(?, hashtext(?))', [WRITER_LOCK, schema]);
  const row = await sql.get<{ batch: number }>(`SELECT batch FROM ${WRITERS_TABLE} WHERE writer = ?`, writer);
  return row?.batch === batch ? 'committed' : 'undone';
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
