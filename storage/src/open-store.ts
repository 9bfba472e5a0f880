import { PostgresStore } from './postgres/postgres-store.ts';
import type { SqlStore } from './sql/sql-store.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';

/**
 * Opens a store by its place: `postgres://…` (`?schema=` names the schema, by default `openguild`), or a folder (`sqlite:folder`, or just its path).
 * Throws what the stores' own `open` throws.
 */
export async function openStore(place: string): Promise<SqlStore> {
  if (!isPostgresUrl(place)) return SqliteStore.open(place.replace(/^sqlite:/, ''));
  // Not by `URL`: it reads no `postgres://user@/database?host=/folder`, which is how a socket is written.
  const schema = /[?&]schema=([^&#]*)/.exec(place)?.[1];
  if (schema === undefined) return PostgresStore.open({ url: place });
  const url = place.replace(/([?&])schema=[^&#]*&?/, '$1').replace(/[?&]$/, '');
  return PostgresStore.open({ url, schema: decodeURIComponent(schema) });
}

export function isPostgresUrl(place: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(place);
}
