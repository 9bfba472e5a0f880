import type pg from 'pg';
import { ForeignDatabaseError, NewerSchemaError, StorageError } from '../errors.ts';
import { MIGRATIONS } from '../sql/migrations.ts';

/** Taken, together with a number for the schema, by whoever writes. 'OGld' */
export const WRITER_LOCK = 0x4f476c64;

const VERSION_TABLE = 'openguild_schema';
/** The last transaction of each writer, by which it is told whether a commit whose answer was lost was made. */
export const WRITERS_TABLE = 'openguild_writers';

/**
 * Makes the schema and brings it up to date. Each step is a transaction of its own, so that an interrupted start goes on where it stopped; of several processes
 * that start together one makes it. What is not ours or newer is left as it is (ForeignDatabaseError, NewerSchemaError).
 */
export async function preparePostgres(client: pg.Client, schema: string, migrations: readonly string[] = MIGRATIONS): Promise<void> {
  const encoding = (await client.query<{ server_encoding: string }>('SHOW server_encoding')).rows[0]?.server_encoding;
  if (encoding !== 'UTF8') throw new StorageError(`the database has the encoding ${encoding}; it must be UTF8`);
  for (;;) {
    await client.query('BEGIN');
    try {
      await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [WRITER_LOCK, schema]);
      const version = await versionOf(client, schema);
      if (version > migrations.length) {
        throw new NewerSchemaError(
          `schema ${schema} has version ${version}, and this version of OpenGuild knows versions up to ${migrations.length}`,
        );
      }
      const step = migrations[version];
      if (step !== undefined) await makeStep(client, step, version + 1);
      await client.query('COMMIT');
      if (step === undefined) break;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
  await client.query(`DELETE FROM ${WRITERS_TABLE} WHERE seen < now() - interval '1 day'`);
}

/** 0: nothing is there; then the schema and the table that counts the steps are made. */
async function versionOf(client: pg.Client, schema: string): Promise<number> {
  const tables = await client.query<{ name: string }>(
    'SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1',
    [schema],
  );
  if (tables.rows.some(({ name }) => name === VERSION_TABLE)) {
    const { rows } = await client.query<{ version: number }>(`SELECT version FROM ${VERSION_TABLE}`);
    return rows[0]?.version ?? 0;
  }
  if (tables.rows.length > 0) throw new ForeignDatabaseError(`schema ${schema} belongs to another program`);
  const known = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (known.rowCount === 0) await client.query(`CREATE SCHEMA ${schema}`);
  await client.query(`CREATE TABLE ${VERSION_TABLE} (version integer NOT NULL); INSERT INTO ${VERSION_TABLE} VALUES (0);
    CREATE TABLE ${WRITERS_TABLE} (writer text PRIMARY KEY, batch bigint NOT NULL, seen timestamptz NOT NULL DEFAULT now())`);
  return 0;
}

async function makeStep(client: pg.Client, step: string, version: number): Promise<void> {
  await client.query(postgresSchema(step));
  await client.query(`UPDATE ${VERSION_TABLE} SET version = $1`, [version]);
}

/** The few words of a schema in which Postgres differs. Texts compare by their bytes, as they do in SQLite. */
export function postgresSchema(sqlite: string): string {
  return sqlite
    .replaceAll(/\)\s*STRICT(?:, WITHOUT ROWID)?;/g, ');')
    .replaceAll(/\bINTEGER PRIMARY KEY(?: AUTOINCREMENT)?/g, 'BIGINT PRIMARY KEY')
    .replaceAll(/\bINTEGER\b/g, 'BIGINT')
    .replaceAll(/\bREAL\b/g, 'DOUBLE PRECISION')
    .replaceAll(/\bTEXT\b/g, 'TEXT COLLATE "C"');
}
