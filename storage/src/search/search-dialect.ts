import type { Committer } from '../sql/committer.ts';
import type { SqlValue } from '../sql/driver.ts';

/** What of searching is different in SQLite and Postgres. */
export interface SearchDialect {
  /** The column of `search_text` that is the event's key. */
  readonly key: string;
  /** Makes the tables if they are not there. */
  prepare(committer: Committer): Promise<void>;
  /** A condition on `search_text t` that holds where every word is in the body. */
  match(words: readonly string[]): { readonly where: string; readonly values: readonly SqlValue[] };
}

/** Fewer characters than this are in no trigram. */
const TRIGRAM = 3;

/** Whether there is a word that the index of trigrams knows; without one, every text has to be read. */
export function hasTrigram(words: readonly string[]): boolean {
  return words.some((word) => [...word].length >= TRIGRAM);
}

const SHARED = [
  'CREATE TABLE IF NOT EXISTS search_progress (position BIGINT NOT NULL)',
  'INSERT INTO search_progress (position) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM search_progress)',
  'CREATE TABLE IF NOT EXISTS search_forgotten (event BIGINT PRIMARY KEY)',
];

export const SQLITE_SEARCH: SearchDialect = {
  key: 'rowid',
  prepare: (committer) =>
    run(committer, [
      "CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5 (body, tokenize = 'trigram case_sensitive 1')",
      // What is forgotten leaves the index at once, not at some later merge.
      "INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1)",
      ...SHARED,
    ]),
  match: (words) => {
    const long = words.filter((word) => [...word].length >= TRIGRAM);
    const short = words.filter((word) => [...word].length < TRIGRAM);
    // A phrase in quotes is text and nothing else, whatever it holds.
    const phrases = long.map((word) => `"${word.replaceAll('"', '""')}"`).join(' AND ');
    const conditions = [...(long.length > 0 ? ['t.body MATCH ?'] : []), ...short.map(() => 'instr(t.body, ?) > 0')];
    return { where: conditions.join(' AND '), values: [...(long.length > 0 ? [phrases] : []), ...short] };
  },
};

export const POSTGRES_SEARCH: SearchDialect = {
  key: 'num',
  prepare: async (committer) => {
    await run(committer, ['CREATE TABLE IF NOT EXISTS search_text (num BIGINT PRIMARY KEY, body TEXT NOT NULL)', ...SHARED]);
    try {
      await run(committer, [
        'CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public',
        'CREATE INDEX IF NOT EXISTS search_text_trigrams ON search_text USING gin (body public.gin_trgm_ops)',
      ]);
    } catch {
      // Not allowed, or not installed: the same is found, only more slowly.
    }
  },
  match: (words) => ({
    where: words.map(() => 't.body LIKE ?').join(' AND '),
    values: words.map((word) => `%${word.replaceAll(/[\\%_]/g, (found) => `\\${found}`)}%`),
  }),
};

function run(committer: Committer, statements: readonly string[]): Promise<void> {
  return committer.run(async (tx) => {
    for (const statement of statements) await tx.run(statement);
  });
}
