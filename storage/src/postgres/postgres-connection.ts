import type pg from 'pg';
import type { Sql, SqlValue } from '../sql/driver.ts';
import { escapeText } from './text-escape.ts';

/** A value, or an array of them. */
export type PostgresValue = SqlValue | readonly SqlValue[];

interface Prepared {
  readonly name: string;
  readonly text: string;
}

const prepared = new Map<string, Prepared>();

/** A statement with `$1`, `$2`, … instead of `?`, and the name under which each connection prepares it once. */
function preparedOf(query: string): Prepared {
  const known = prepared.get(query);
  if (known !== undefined) return known;
  let count = 0;
  // No statement of ours has a question mark in a text or a comment.
  const made = { name: `q${prepared.size}`, text: query.replaceAll('?', () => `$${++count}`) };
  prepared.set(query, made);
  return made;
}

/** A client or a pool as `Sql`. */
export class PostgresConnection implements Sql {
  readonly #client: pg.Client | pg.Pool | pg.PoolClient;

  constructor(client: pg.Client | pg.Pool | pg.PoolClient) {
    this.#client = client;
  }

  async all<Row>(query: string, ...values: readonly PostgresValue[]): Promise<Row[]> {
    return (await this.query(query, values)).rows as Row[];
  }

  async get<Row>(query: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    return (await this.query(query, values)).rows[0] as Row | undefined;
  }

  async run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    return (await this.query(query, values)).rowCount ?? 0;
  }

  query(query: string, values: readonly PostgresValue[]): Promise<pg.QueryResult> {
    const { name, text } = preparedOf(query);
    return this.#client.query({ name, text, values: values.map(escaped) });
  }
}

function escaped(value: PostgresValue): unknown {
  if (typeof value === 'string') return escapeText(value);
  return typeof value === 'object' && value !== null ? value.map(escaped) : value;
}
