import { sumCounter, SUMMED_TABLES, sumOfTable } from '../sql/row-sums.ts';
import type { Sql } from '../sql/driver.ts';

type Say = (kind: string, detail: string) => void;

/** Where the next key, position or sequence of a table comes from. */
const COUNTED = {
  rooms: 'num',
  events: 'num',
  states: 'num',
  stream: 'position',
  outgoing: 'sequence',
  invite_codes: 'num',
  pending_invites: 'num',
  one_time_keys: 'num',
  to_device: 'position',
  quarantine: 'num',
};

/** What holds of tables as a whole, beside what events say: sums (row-sums.ts), references, counters, nothing left over. */
export async function checkTables(sql: Sql, say: Say): Promise<void> {
  await checkSums(sql, say);
  await checkReferences(sql, say);
  await checkCounters(sql, say);
}

async function checkSums(sql: Sql, say: Say): Promise<void> {
  for (const table of SUMMED_TABLES) {
    const written = (await sql.get<{ value: number }>('SELECT value FROM counters WHERE name = ?', sumCounter(table)))?.value;
    if (written === undefined) say('sum', `${table} has no sum`);
    else if ((await sumOfTable(sql, table)) !== written)
      say('sum', `rows of ${table} were changed, lost, added or exchanged by something else than this program`);
  }
}

async function checkReferences(sql: Sql, say: Say): Promise<void> {
  for (const table of ['stream', 'outgoing', 'client_transactions']) {
    const rows = await sql.all<{ event: number }>(
      `SELECT t.event FROM ${table} t LEFT JOIN events e ON e.num = t.event WHERE e.num IS NULL LIMIT 100`,
    );
    for (const { event } of rows) say('database', `${table} refers to event row ${event}, which is not there`);
  }
  const lost = await sql.get<{ n: number }>('SELECT count(*) AS n FROM events e LEFT JOIN rooms r ON r.num = e.room WHERE r.num IS NULL');
  if ((lost?.n ?? 0) > 0) say('database', `${lost?.n} events belong to rooms that are not there`);
  // A node is made with the event whose state it is.
  const states = await sql.get<{ all_: number; used: number }>(
    'SELECT (SELECT count(*) FROM states) AS all_, (SELECT count(DISTINCT state) FROM events) AS used',
  );
  if (states !== undefined && states.all_ > states.used) say('state', `${states.all_ - states.used} states belong to no event`);
}

async function checkCounters(sql: Sql, say: Say): Promise<void> {
  for (const [table, column] of Object.entries(COUNTED)) {
    const used = (await sql.get<{ n: number | null }>(`SELECT max(${column}) AS n FROM ${table}`))?.n ?? 0;
    const counted = (await sql.get<{ value: number }>('SELECT value FROM counters WHERE name = ?', table))?.value;
    if (counted === undefined) say('counters', `${table} has no counter`);
    else if (used > counted) say('counters', `${table} has got to ${used}, and its counter stands at ${counted}`);
  }
}
