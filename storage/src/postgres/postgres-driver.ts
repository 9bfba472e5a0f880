import pg from 'pg';
import { OutcomeUnknownError, StoreClosedError } from '../errors.ts';
import { POSTGRES_SEARCH } from '../search/search-dialect.ts';
import type { Driver, DriverTransaction, FailureKind, Sql } from '../sql/driver.ts';
import { PostgresConnection, type PostgresValue } from './postgres-connection.ts';
import { ConnectionLostError, isConnectionFailure, isServerFailure } from './postgres-failures.ts';
import { connectionOptions, type PostgresOptions, schemaOf, WRITER_SETTINGS } from './postgres-options.ts';
import { WRITER_LOCK, WRITERS_TABLE } from './postgres-schema.ts';
import { type Outcome, PostgresTransaction } from './postgres-transaction.ts';

/** How often a server is asked what became of a COMMIT whose answer was lost, and the longest pause in between, milliseconds. */
const [OUTCOME_ATTEMPTS, OUTCOME_PAUSE_MS] = [30, 500];

/** How often a read is tried whose connection is lost. */
const READ_ATTEMPTS = 10;

/** Reads on connections of a pool. What was lost with its connection is asked again: a read changes nothing. */
class PostgresReader extends PostgresConnection {
  override async query(query: string, values: readonly PostgresValue[]): Promise<pg.QueryResult> {
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

  async begin<Row>(first: string): Promise<{ tx: DriverTransaction; rows: Row[] }> {
    const client = (this.#client ??= await this.#connect());
    try {
      return await this.#start(client, first);
    } catch (error) {
      this.#drop(client);
      if (!isConnectionFailure(error)) throw error;
      // It was lost while nothing ran on it: nothing is lost by trying once more.
      return this.#start((this.#client = await this.#connect()), first);
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
    const client = new pg.Client({ ...connectionOptions(this.#options, WRITER_SETTINGS), pipeline: true } as pg.ClientConfig);
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

  async #start<Row>(client: pg.Client, first: string): Promise<{ tx: DriverTransaction; rows: Row[] }> {
    const batch = ++this.#batch;
    const writer = (this.#writer ??= await newWriter(client));
    const connection = new PostgresConnection(client);
    // Sent together, and each sees what was committed before the lock was had.
    const steps = [
      client.query('BEGIN'),
      lockWriters(connection, this.#schema),
      markBatch(connection, writer, batch),
      connection.all<Row>(first),
    ] as const;
    await Promise.allSettled(steps);
    const [, , , rows] = await Promise.all(steps);
    return { tx: new PostgresTransaction(client, () => this.#outcomeOf(writer, batch)), rows };
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
