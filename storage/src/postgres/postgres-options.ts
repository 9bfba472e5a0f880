import pg from 'pg';
import { StorageError } from '../errors.ts';
import { unescapeText } from './text-escape.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`; what libpq's environment variables say is taken for what is missing. */
  readonly url: string;
  /** Everything is in one schema, which is made if it is not there. Lower-case letters, digits and `_`. Default `openguild`. */
  readonly schema?: string;
  /** Connections for reading. Default 8. */
  readonly readers?: number;
}

const [INT8, TEXT, VARCHAR] = [20, 25, 1043];
/** Seconds until a connection to a server that does not answer is given up. */
const CONNECT_SECONDS = 10;

/**
 * Who writes looks for rows by their keys, also to see that a reference holds. A plan made while a table is small would read all of it, and be kept while the
 * table grows.
 */
export const WRITER_SETTINGS = ['enable_seqscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off'];

export const DEFAULT_SCHEMA = 'openguild';

export function schemaOf({ schema = DEFAULT_SCHEMA }: PostgresOptions): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new StorageError(`${JSON.stringify(schema)} is no name for a schema`);
  return schema;
}

/**
 * How every connection is made. An answer to COMMIT means that it is on the server's disk, whatever the server's default is; nobody who stopped in the
 * middle of a transaction holds up the others for long.
 */
export function connectionOptions(options: PostgresOptions, more: readonly string[] = []): pg.ClientConfig {
  const settings = [
    `search_path=${schemaOf(options)}`,
    'synchronous_commit=on',
    'default_transaction_isolation=read\\ committed',
    'idle_in_transaction_session_timeout=60s',
    'client_min_messages=warning',
    // No question of ours is large enough to be compiled.
    'jit=off',
    ...more,
  ];
  return {
    connectionString: options.url,
    application_name: 'openguild',
    connectionTimeoutMillis: CONNECT_SECONDS * 1_000,
    keepAlive: true,
    options: settings.map((setting) => `-c ${setting}`).join(' '),
    types: { getTypeParser },
  };
}

/** All our integers are exact as numbers. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (format !== 'binary' && oid === INT8) return Number;
  if (format !== 'binary' && (oid === TEXT || oid === VARCHAR)) return unescapeText;
  return pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown;
}
