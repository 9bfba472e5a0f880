import { expect } from 'chai';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { checkStore, rebuildStore, SqliteStore, SqlSearch } from '@openguild/storage';
import { temporaryFolder } from '../temporary-folder.ts';
import { fillOthers, realHistory } from './sample-history.ts';

type Value = string | number | null;
type Row = Record<string, Value>;

/** Tables that SQLite and FTS5 keep by themselves: their structure is looked at by `PRAGMA integrity_check`. */
const INNER = /^(search_text_|sqlite_)/;

describe('check, on a store in which one thing is altered', function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let db: Database.Database;
  let store: SqliteStore;
  let tables: string[];
  before(async () => {
    folder = await temporaryFolder();
    const [a, b] = [await SqliteStore.open(join(folder.path, 'a')), await SqliteStore.open(join(folder.path, 'b'))];
    await realHistory({ a, b }, 4);
    await b.close();
    store = a;
    await fillOthers(store);
    await store.outgoing.enqueue(
      'c.example',
      (await store.rooms.list())[0]?.room_id ?? '',
      (await store.rooms.list())[0]?.extremities ?? [],
    );
    await store.committer.run(async (tx) => {
      for (const [n, event] of [5, 9].entries())
        tx.insert('client_transactions', { user_id: '@a:a.example', device_id: 'd', txn_id: `t${n}`, event });
    });
    await rebuildStore(store, 1);
    const search = await SqlSearch.open(store);
    const room = (await store.rooms.list()).find((each) => each.kind === 'channel')?.room_id ?? '';
    const hits = await search.search({ rooms: [room], text: 'from', limit: 100 });
    expect(hits.length).to.be.greaterThan(6);
    await search.forget(room, hits[0]?.event_id ?? '');
    db = new Database(join(folder.path, 'a', 'openguild.db'));
    db.pragma('foreign_keys = OFF');
    tables = (db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all() as string[]).filter(
      (name) => !INNER.test(name),
    );
  });
  after(async () => {
    db.close();
    await store.close();
    await folder.remove();
  });

  const columnsOf = (table: string): string[] => (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  const rowsOf = (table: string): Row[] =>
    db.prepare(`SELECT ${table === 'search_text' ? 'rowid, body' : '*'} FROM ${table}`).all() as Row[];
  const put = (table: string, rows: readonly Row[]): void => {
    db.transaction(() => {
      db.prepare(`DELETE FROM ${table}`).run();
      for (const row of rows) {
        const names = Object.keys(row);
        db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(...Object.values(row));
      }
    })();
  };

  /** Findings with these rows in the table; afterwards it is as before. Undefined if the database itself does not take them. */
  async function findings(table: string, rows: readonly Row[]): Promise<number | undefined> {
    const before = rowsOf(table);
    try {
      put(table, rows);
    } catch (error) {
      expect(error)
        .to.have.property('code')
        .that.matches(/^SQLITE_(CONSTRAINT|MISMATCH)/);
      return undefined;
    }
    try {
      return (await checkStore(store)).finding_count;
    } finally {
      put(table, before);
    }
  }

  /** Values near the one that is there. */
  function others(value: Value): Value[] {
    if (value === null) return [1, 'x'];
    if (typeof value === 'number') return [value + 1];
    const at = Math.floor(value.length / 2);
    const code = value.charCodeAt(at);
    return [`${value.slice(0, at)}${String.fromCharCode(code ^ 1)}${value.slice(at + 1)}`, `${value}x`];
  }

  it('finds nothing before', async () => {
    const report = await checkStore(store);
    expect(report.findings).to.deep.equal([]);
    for (const table of tables) expect(rowsOf(table), table).not.to.deep.equal([]);
  });

  it('finds every value that was altered, in every column of every table', async () => {
    const missed: string[] = [];
    let tried = 0;
    for (const table of tables) {
      const rows = rowsOf(table);
      for (const column of columnsOf(table)) {
        // A row in which there is something, if there is one.
        const index = Math.max(
          0,
          rows.findLastIndex((row) => row[column] !== null),
        );
        for (const value of others(rows[index]?.[column] ?? null)) {
          // A number that is raised is harmless: some are left out.
          if (table === 'counters' && column === 'value' && !String(rows[index]?.['name']).startsWith('sum:')) continue;
          const found = await findings(table, rows.with(index, { ...rows[index], [column]: value }));
          if (found === undefined) continue;
          tried++;
          if (found === 0) missed.push(`${table}.${column}: ${String(value)}`);
        }
      }
    }
    expect(missed).to.deep.equal([]);
    expect(tried).to.be.greaterThan(100);
  });

  it('finds every row that is lost, added or exchanged, in every table', async () => {
    const missed: string[] = [];
    for (const table of tables) {
      const rows = rowsOf(table);
      for (const index of new Set([0, Math.floor(rows.length / 2), rows.length - 1]))
        if ((await findings(table, rows.toSpliced(index, 1))) === 0) missed.push(`${table}: row ${index} lost`);
      const last = rows.at(-1) ?? {};
      const copy = Object.fromEntries(
        Object.entries(last).map(([name, value]) => [name, typeof value === 'number' ? value + 1 : value === null ? null : `${value}x`]),
      );
      if (table !== 'counters' && (await findings(table, [...rows, copy])) === 0) missed.push(`${table}: a row added`);
      if (rows.length < 2) continue;
      for (const column of columnsOf(table)) {
        const [one, two] = [rows[0] as Row, rows.find((row) => row[column] !== rows[0]?.[column])];
        if (two === undefined) continue;
        const swapped = rows.map((row) =>
          row === one ? { ...row, [column]: two[column] ?? null } : row === two ? { ...row, [column]: one[column] ?? null } : row,
        );
        if ((await findings(table, swapped)) === 0) missed.push(`${table}.${column} of two rows exchanged`);
      }
    }
    expect(missed).to.deep.equal([]);
  });
});
