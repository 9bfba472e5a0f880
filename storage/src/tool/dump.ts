import { createHash } from 'node:crypto';
import type { Sql, SqlValue } from '../sql/driver.ts';
import type { SqlStore } from '../sql/sql-store.ts';
import { type ColumnKind, DUMP_FORMAT, DUMP_TABLES, DUMP_VERSION, type DumpTable, TOLD_COUNTERS, type Progress } from './tables.ts';

type Row = Readonly<Record<string, SqlValue>>;

const PAGE = 500;

/**
 * A store as lines of JSON, as it is at one moment; it may be written to meanwhile. The first line says what follows, the last has the number of lines before it
 * and their SHA-256. The same content gives the same bytes, whatever kind of store it is in. Writes whole lines, with their line feeds.
 */
export async function dumpStore(
  store: SqlStore,
  write: (text: string) => Promise<void>,
  progress: Progress = () => undefined,
): Promise<void> {
  await store.driver.snapshot(async (sql) => {
    const hash = createHash('sha256');
    let lines = 0;
    const put = async (text: string, count: number): Promise<void> => {
      hash.update(text);
      lines += count;
      await write(text);
    };
    const counters = await sql.all<{ name: string; value: number }>(
      `SELECT name, value FROM counters WHERE name IN (${TOLD_COUNTERS.map(() => '?').join(', ')}) ORDER BY name`,
      ...TOLD_COUNTERS,
    );
    const header = {
      format: DUMP_FORMAT,
      version: DUMP_VERSION,
      counters: Object.fromEntries(counters.map(({ name, value }) => [name, value])),
    };
    await put(`${JSON.stringify(header)}\n`, 1);
    for (const table of DUMP_TABLES) {
      const total = (await sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${table.name}`))?.n ?? 0;
      let done = 0;
      for await (const page of pages(sql, table)) {
        await put(page.map((row) => `${lineOf(table, row)}\n`).join(''), page.length);
        done += page.length;
        progress(table.name, done, total);
      }
    }
    await write(`${JSON.stringify({ end: { lines, sha256: hash.digest('hex') } })}\n`);
  });
}

/** Rows in the order of the key; references by their IDs. */
async function* pages(sql: Sql, { name, columns, key }: DumpTable): AsyncGenerator<Row[]> {
  const joins: string[] = [];
  const selected = Object.entries(columns).map(([column, kind]) => {
    if (kind === 'room and event') {
      joins.push('JOIN events e ON e.num = t.event JOIN rooms r ON r.num = e.room');
      return 'r.room_id, e.event_id';
    }
    if (kind !== 'room' && kind !== 'event') return `t.${column}`;
    joins.push(`LEFT JOIN ${kind}s r_${column} ON r_${column}.num = t.${column}`);
    return `r_${column}.${kind}_id AS ${column}`;
  });
  const keys = key.map((column) => `t.${column}`);
  const extra = key.filter((column) => columns[column] === undefined).map((column) => `t.${column}`);
  const from = `SELECT ${[...selected, ...extra].join(', ')} FROM ${name} t ${joins.join(' ')}`;
  const order = `ORDER BY ${keys.join(', ')} LIMIT ${PAGE}`;
  const after = `WHERE (${keys.join(', ')}) > (${keys.map(() => '?').join(', ')})`;
  let rows = await sql.all<Row>(`${from} ${order}`);
  while (rows.length > 0) {
    yield rows;
    const last = rows.at(-1) as Row;
    rows = rows.length < PAGE ? [] : await sql.all<Row>(`${from} ${after} ${order}`, ...key.map((column) => last[column] ?? null));
  }
}

function lineOf({ name, columns }: DumpTable, row: Row): string {
  const members = Object.entries(columns).map(([column, kind]) => {
    const value = kind === 'room and event' ? JSON.stringify([row['room_id'], row['event_id']]) : valueText(kind, row[column] ?? null);
    return `${JSON.stringify(column)}:${value}`;
  });
  return `{"table":${JSON.stringify(name)},"row":{${members.join(',')}}}`;
}

function valueText(kind: ColumnKind, value: SqlValue): string {
  if (value === null) return 'null';
  if (kind === 'json') return String(value);
  if (kind === 'flag') return value === 1 ? 'true' : 'false';
  // JSON has no infinite numbers; a rank can be one.
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  return JSON.stringify(value);
}
