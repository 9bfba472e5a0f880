import Database from 'better-sqlite3';
import pg from 'pg';
import { openDatabase } from '../dist/sqlite/open-database.js';

const BATCH = 100;
const EVENT_COLUMNS =
  'num, room, event_id, depth, rejected, soft_failed, redacted, fault_rule, fault_detail, rank, received_ts, void_base, void_added, void_removed, state_base, state_delta, state, pdu';
const EXTREMITIES = 'UPDATE rooms SET extremities = ? WHERE num = ?';

type Row = Record<string, string | number | null>;

interface Rows {
  readonly rooms: Row[];
  readonly states: Row[];
  readonly events: Row[];
  readonly positions: Map<number, number>;
}

function rowsOf(file: string): Rows {
  const db = new Database(file, { readonly: true });
  const all = (sql: string): Row[] => db.prepare(sql).all() as Row[];
  const positions = new Map(all('SELECT event, position FROM stream').map((row) => [row['event'] as number, row['position'] as number]));
  const rows = {
    rooms: all('SELECT * FROM rooms'),
    states: all('SELECT * FROM states'),
    events: all('SELECT * FROM events ORDER BY num'),
    positions,
  };
  db.close();
  return rows;
}

const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');
const valuesOf = (row: Row, columns: string): (string | number | null)[] => columns.split(', ').map((name) => row[name] ?? null);

/** Events per second when the rows of a store are written again to the same tables and indexes by nothing but prepared statements, 100 events in a transaction. */
export function sqliteBaseline(source: string, target: string): number {
  const rows = rowsOf(source);
  const db = openDatabase(target);
  db.transaction(() => {
    for (const row of rows.rooms) db.prepare(`INSERT INTO rooms VALUES (${marks(6)})`).run(...Object.values(row));
    for (const row of rows.states) db.prepare(`INSERT INTO states VALUES (${marks(4)})`).run(...Object.values(row));
  })();
  const event = db.prepare(`INSERT INTO events (${EVENT_COLUMNS}) VALUES (${marks(18)})`);
  const stream = db.prepare('INSERT INTO stream (position, room, event) VALUES (?, ?, ?)');
  const extremities = db.prepare(EXTREMITIES);
  const start = performance.now();
  for (let from = 0; from < rows.events.length; from += BATCH) {
    db.transaction(() => {
      for (const row of rows.events.slice(from, from + BATCH)) {
        event.run(...valuesOf(row, EVENT_COLUMNS));
        stream.run(rows.positions.get(row['num'] as number), row['room'], row['num']);
        extremities.run(JSON.stringify([row['event_id']]), row['room']);
      }
    })();
  }
  const rate = (rows.events.length / (performance.now() - start)) * 1_000;
  db.close();
  return rate;
}

/**
 * The same on Postgres, in a schema that is empty and up to date, as a good program would: rows of 100 events in one statement for each table, all statements of a transaction
 * sent without waiting for answers.
 */
export async function postgresBaseline(source: string, url: string, schema: string): Promise<number> {
  const rows = rowsOf(source);
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema}`, pipeline: true } as pg.ClientConfig);
  await client.connect();
  for (const row of rows.rooms) await client.query(`INSERT INTO rooms VALUES (${numbers(6, 0)})`, Object.values(row));
  for (const row of rows.states) await client.query(`INSERT INTO states VALUES (${numbers(4, 0)})`, Object.values(row));
  const start = performance.now();
  for (let from = 0; from < rows.events.length; from += BATCH) {
    const some = rows.events.slice(from, from + BATCH);
    const ends = new Map(some.map((row) => [row['room'], JSON.stringify([row['event_id']])]));
    await Promise.all([
      client.query('BEGIN'),
      many(
        client,
        `INSERT INTO events (${EVENT_COLUMNS}) VALUES`,
        some.map((row) => valuesOf(row, EVENT_COLUMNS)),
      ),
      many(
        client,
        'INSERT INTO stream (position, room, event) VALUES',
        some.map((row) => [rows.positions.get(row['num'] as number) ?? null, row['room'] ?? null, row['num'] ?? null]),
      ),
      client.query({
        name: 'ends',
        text: 'UPDATE rooms r SET extremities = u.ends FROM unnest($1::bigint[], $2::text[]) AS u (num, ends) WHERE r.num = u.num',
        values: [[...ends.keys()], [...ends.values()]],
      }),
      client.query('COMMIT'),
    ]);
  }
  const rate = (rows.events.length / (performance.now() - start)) * 1_000;
  await client.end();
  return rate;
}

/** One statement with many rows, prepared under a name for each number of them. */
function many(client: pg.Client, insert: string, rows: readonly (readonly (string | number | null)[])[]): Promise<unknown> {
  const width = rows[0]?.length ?? 0;
  const text = `${insert} ${rows.map((_, index) => `(${numbers(width, index * width)})`).join(', ')}`;
  return client.query({ name: `${insert.slice(0, 18)} ${rows.length}`, text, values: rows.flat() });
}

function numbers(count: number, after: number): string {
  return Array.from({ length: count }, (_, index) => `$${after + index + 1}`).join(', ');
}
