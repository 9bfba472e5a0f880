import { type JsonObject, storedEvent } from '@openguild/core';
import { messageText, searchForm } from '../search/search-port.ts';
import type { Sql } from '../sql/driver.ts';

interface Row {
  readonly position: number;
  readonly event_id: string;
  readonly redacted: number;
  readonly pdu: string;
  readonly body: string | null;
  readonly forgotten: number | null;
}

const PAGE = 500;

/** Compares the search index, as far as it has got, with the texts of the events: rebuilding it mends whatever is found. `key`: of the driver's dialect. */
export async function checkSearch(sql: Sql, key: string, say: (kind: string, detail: string) => void): Promise<void> {
  const progress = await sql.all<{ position: number }>('SELECT position FROM search_progress');
  const done = progress[0]?.position ?? 0;
  const newest = (await sql.get<{ n: number | null }>('SELECT max(position) AS n FROM stream'))?.n ?? 0;
  if (progress.length !== 1 || done > newest) say('search', 'how far the search index has got cannot be');
  const unknown = 'SELECT count(*) AS n FROM search_forgotten f LEFT JOIN events e ON e.num = f.event WHERE e.num IS NULL';
  if (((await sql.get<{ n: number }>(unknown))?.n ?? 0) > 0)
    say('search', 'the search index was told to forget an event that is not there');
  const query = `SELECT s.position, e.event_id, e.redacted, e.pdu, t.body, f.event AS forgotten FROM stream s JOIN events e ON e.num = s.event
    LEFT JOIN search_text t ON t.${key} = e.num LEFT JOIN search_forgotten f ON f.event = e.num
    WHERE s.position > ? AND s.position <= ? ORDER BY s.position LIMIT ${PAGE}`;
  let indexed = 0;
  for (let after = 0, rows: Row[] = []; ; after = rows.at(-1)?.position ?? 0) {
    rows = await sql.all<Row>(query, after, done);
    if (rows.length === 0) break;
    for (const row of rows) {
      if (row.body !== null) indexed++;
      if (row.body !== textOf(row)) say('search', `the search index has another text for ${row.event_id}, or none`);
    }
  }
  const all = (await sql.get<{ n: number }>('SELECT count(*) AS n FROM search_text'))?.n ?? 0;
  if (all !== indexed) say('search', `the search index has ${all - indexed} texts that belong to no event of the history`);
}

function textOf({ pdu, event_id, redacted, forgotten }: Row): string | null {
  if (forgotten !== null) return null;
  try {
    const text = messageText(storedEvent(JSON.parse(pdu) as JsonObject, event_id, { redacted: redacted === 1 }));
    return text === undefined ? null : searchForm(text);
  } catch {
    // What is wrong with the event is said elsewhere.
    return null;
  }
}
