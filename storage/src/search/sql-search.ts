import { type JsonObject, storedEvent } from '@openguild/core';
import { padded, placeholders, type SqlValue } from '../sql/driver.ts';
import type { SqlStore } from '../sql/sql-store.ts';
import type { WriteTransaction } from '../sql/write-transaction.ts';
import { hasTrigram } from './search-dialect.ts';
import { messageText, type SearchHit, type SearchIndex, type SearchQuery, searchForm, type TextOf, wordsOf } from './search-port.ts';

const PAGE = 500;
/** Where no word has a trigram, texts are read one by one: at most so many of the newest. */
const READ_THROUGH = 50_000;

interface LogRow {
  readonly position: number;
  readonly num: number;
  readonly event_id: string;
  readonly redacted: number;
  readonly pdu: string;
}

/**
 * Full-text search in the database of a store: FTS5 with trigrams in SQLite, pg_trgm in Postgres where it may be used. Words are found wherever they stand in a text, so
 * scripts without spaces between words are searched like others. A table of its own remembers how far the index has got, and what was to be forgotten.
 */
export class SqlSearch implements SearchIndex {
  readonly #store: SqlStore;
  readonly #textOf: TextOf;

  private constructor(store: SqlStore, textOf: TextOf) {
    this.#store = store;
    this.#textOf = textOf;
  }

  /** Makes the tables of the index if they are not there. */
  static async open(store: SqlStore, textOf: TextOf = messageText): Promise<SqlSearch> {
    await store.driver.search.prepare(store.committer);
    return new SqlSearch(store, textOf);
  }

  /** Whether there is an index in the store. */
  static async isOpen(store: Pick<SqlStore, 'driver'>): Promise<boolean> {
    return store.driver.reader.get('SELECT count(*) AS n FROM search_progress').then(
      () => true,
      () => false,
    );
  }

  async search({ rooms, text, before, limit }: SearchQuery): Promise<readonly SearchHit[]> {
    const words = wordsOf(text);
    if (words.length === 0 || rooms.length === 0) return [];
    await this.#update();
    const { key, match } = this.#store.driver.search;
    const { where, values } = match(words);
    const upTo = before ?? Number.MAX_SAFE_INTEGER;
    const indexed = hasTrigram(words);
    const sources = indexed
      ? `search_text t JOIN events e ON e.num = t.${key} JOIN stream s ON s.event = e.num`
      : `(SELECT position, event, room FROM stream WHERE position < ? ORDER BY position DESC LIMIT ${READ_THROUGH}) s
        JOIN search_text t ON t.${key} = s.event JOIN events e ON e.num = s.event`;
    const first: SqlValue[] = indexed ? [] : [upTo];
    const found: SearchHit[] = [];
    // A list of rooms may be longer than a statement takes.
    for (let from = 0; from < rooms.length; from += 256) {
      const some = rooms.slice(from, from + 256);
      const query = `SELECT r.room_id, e.event_id, s.position FROM ${sources} JOIN rooms r ON r.num = s.room WHERE ${where} AND r.room_id IN (${placeholders(some.length)}) AND s.position < ?
        ORDER BY s.position DESC LIMIT ?`;
      const bounds: SqlValue[] = [...padded(some), upTo, limit];
      found.push(...(await this.#store.driver.reader.all<SearchHit>(query, ...first, ...values, ...bounds)));
    }
    return found.sort((a, b) => b.position - a.position).slice(0, limit);
  }

  forget(roomId: string, eventId: string): Promise<void> {
    const find = 'SELECT e.num FROM events e JOIN rooms r ON r.num = e.room WHERE r.room_id = ? AND e.event_id = ?';
    return this.#store.committer.run(async (tx) => {
      const row = await tx.get<{ num: number }>(find, roomId, eventId);
      if (row === undefined) return;
      tx.later('INSERT INTO search_forgotten (event) VALUES (?) ON CONFLICT DO NOTHING', row.num);
      tx.later(`DELETE FROM search_text WHERE ${this.#store.driver.search.key} = ?`, row.num);
    });
  }

  async rebuild(): Promise<void> {
    await this.#store.committer.run(async (tx) => {
      tx.later('DELETE FROM search_text');
      tx.later('UPDATE search_progress SET position = 0');
    });
    await this.#update();
  }

  async #update(): Promise<void> {
    const behind = 'SELECT p.position AS done, (SELECT max(position) FROM stream) AS newest FROM search_progress p';
    for (;;) {
      const row = await this.#store.driver.reader.get<{ done: number; newest: number | null }>(behind);
      if (row === undefined || row.newest === null || row.newest <= row.done) return;
      await this.#store.committer.run((tx) => this.#indexPage(tx));
    }
  }

  async #indexPage(tx: WriteTransaction): Promise<void> {
    const { key } = this.#store.driver.search;
    const done = (await tx.get<{ position: number }>('SELECT position FROM search_progress'))?.position ?? 0;
    const rows = await tx.all<LogRow>(
      `SELECT s.position, e.num, e.event_id, e.redacted, e.pdu FROM stream s JOIN events e ON e.num = s.event
      LEFT JOIN search_forgotten f ON f.event = e.num WHERE s.position > ? AND f.event IS NULL ORDER BY s.position LIMIT ?`,
      done,
      PAGE,
    );
    for (const { num, event_id, redacted, pdu } of rows) {
      const text = this.#textOf(storedEvent(JSON.parse(pdu) as JsonObject, event_id, { redacted: redacted === 1 }));
      if (text !== undefined) tx.later(`INSERT INTO search_text (${key}, body) VALUES (?, ?)`, num, searchForm(text));
    }
    const newest =
      rows.length === PAGE ? rows.at(-1)?.position : (await tx.get<{ n: number | null }>('SELECT max(position) AS n FROM stream'))?.n;
    tx.later('UPDATE search_progress SET position = ?', newest ?? done);
  }
}
