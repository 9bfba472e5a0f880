import pg from 'pg';
import { StorageError } from '../errors.ts';
import { ensureSums } from '../sql/ensure-sums.ts';
import { SqlStore } from '../sql/sql-store.ts';
import { PostgresDriver } from './postgres-driver.ts';
import { connectionOptions, type PostgresOptions, schemaOf } from './postgres-options.ts';
import { preparePostgres } from './postgres-schema.ts';

/** A store in a Postgres database, version 13 or newer. Several processes may use it; every acknowledged write is on the server's disk. */
export class PostgresStore extends SqlStore {
  /** Throws ForeignDatabaseError, NewerSchemaError, or StorageError if the database cannot be used. */
  static async open(options: PostgresOptions): Promise<PostgresStore> {
    const schema = schemaOf(options);
    const client = new pg.Client(connectionOptions(options));
    client.on('error', () => undefined);
    try {
      await client.connect();
      await preparePostgres(client, schema);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError('the Postgres database cannot be used', { cause: error });
    } finally {
      await client.end().catch(() => undefined);
    }
    const store = new PostgresStore(new PostgresDriver(options));
    try {
      await ensureSums(store.driver.reader, store.committer);
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }
}
