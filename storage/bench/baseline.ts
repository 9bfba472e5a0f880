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

/** The same on Postgres, in a schema that is empty and up to date. */
export async function postgresBaseline(source: string, url: string, schema: string): Promise<number> {
  const rows = rowsOf(source);
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
  await client.connect();
  const numbered = (sql: string): string => {
    let count = 0;
    return sql.replaceAll('?', () => `$${++count}`);
  };
  const run = (name: string, sql: string, values: unknown[]): Promise<unknown> => client.query({ name, text: numbered(sql), values });
  await client.query('BEGIN');
  for (const row of rows.rooms) await run('room', `INSERT INTO rooms VALUES (${marks(6)})`, Object.values(row));
  for (const row of rows.states) await run('state', `INSERT INTO states VALUES (${marks(4)})`, Object.values(row));
  await client.query('COMMIT');
  const start = performance.now();
  for (let from = 0; from < rows.events.length; from += BATCH) {
    await client.query('BEGIN');
    for (const row of rows.events.slice(from, from + BATCH)) {
      await run('event', `INSERT INTO events (${EVENT_COLUMNS}) VALUES (${marks(18)})`, valuesOf(row, EVENT_COLUMNS));
      await run('stream', 'INSERT INTO stream (position, room, event) VALUES (?, ?, ?)', [
        rows.positions.get(row['num'] as number),
        row['room'],
        row['num'],
      ]);
      await run('ends', EXTREMITIES, [JSON.stringify([row['event_id']]), row['room']]);
    }
    await client.query('COMMIT');
  }
  const rate = (rows.events.length / (performance.now() - start)) * 1_000;
  await client.end();
  return rate;
}
