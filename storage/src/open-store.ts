import { StorageError } from './errors.ts';
import { PostgresStore } from './postgres/postgres-store.ts';
import type { SqlStore } from './sql/sql-store.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';

/**
 * Opens a store by its place: `postgres://…` (`?schema=` names the schema, by default `openguild`), or a folder (`sqlite:folder`, or just its path).
 * Throws what the stores' own `open` throws.
 */
export async function openStore(place: string): Promise<SqlStore> {
  if (!isPostgresUrl(place)) return SqliteStore.open(place.replace(/^sqlite:/, ''));
  let url: URL;
  try {
    url = new URL(place);
  } catch (error) {
    throw new StorageError('the URL of the Postgres database cannot be read', { cause: error });
  }
  const schema = url.searchParams.get('schema');
  url.searchParams.delete('schema');
  return PostgresStore.open({ url: url.href, ...(schema === null ? {} : { schema }) });
}

export function isPostgresUrl(place: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(place);
}
