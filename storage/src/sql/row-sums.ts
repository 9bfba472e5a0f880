import type { Sql, SqlValue } from './driver.ts';

export type Row = Readonly<Record<string, SqlValue>>;

/**
 * Each table with the columns of which nothing else in the store tells whether they are right. What is left out follows from events: their JSON and whether it is
 * redacted (hashes and signatures), depths, states, extremities; `soft_failed` from the stream.
 */
export const SUMMED = {
  rooms: ['num', 'room_id', 'room_version', 'kind', 'guild'],
  events: [
    ...['num', 'room', 'event_id', 'rejected', 'fault_rule', 'fault_detail', 'rank', 'received_ts'],
    ...['void_base', 'void_added', 'void_removed', 'state_base', 'state_delta'],
  ],
  stream: ['position', 'room', 'event'],
  client_transactions: ['user_id', 'device_id', 'txn_id', 'event'],
  outgoing: ['sequence', 'destination', 'event'],
  destinations: ['destination', 'failures', 'retry_at'],
  inbound_transactions: ['origin', 'txn_id', 'body_hash', 'response', 'received_ts'],
  accounts: ['user_id', 'password_hash', 'created_ts', 'deactivated'],
  tokens: ['token_hash', 'user_id', 'device_id', 'created_ts', 'expires_ts'],
  devices: ['user_id', 'device_id', 'display_name', 'created_ts', 'last_seen_ts', 'keys'],
  one_time_keys: ['num', 'user_id', 'device_id', 'algorithm', 'key_id', 'key', 'claimed'],
  to_device: ['position', 'user_id', 'device_id', 'sender', 'type', 'content'],
  invite_codes: ['num', 'code', 'guild_id', 'creator', 'created_ts', 'expires_ts', 'max_uses', 'uses', 'revoked'],
  pending_invites: ['num', 'user_id', 'room_id', 'inviter', 'via', 'event', 'preview', 'received_ts'],
  media: ['server', 'media_id', 'content_type', 'size', 'sha256', 'file_name', 'uploader', 'created_ts'],
  key_values: ['space', 'key', 'value'],
  quarantine: ['num', 'source', 'content', 'since_ts'],
} as const;

export type SummedTable = keyof typeof SUMMED;

export const SUMMED_TABLES = Object.keys(SUMMED) as SummedTable[];

/** Sums are kept below this: two of them add up exactly. */
const MODULUS = 2 ** 52;

const COUNTERS = Object.fromEntries(SUMMED_TABLES.map((table) => [table, `sum:${table}`])) as Record<SummedTable, `sum:${SummedTable}`>;

/** Name of the counter that holds the sum of a table. */
export function sumCounter(table: SummedTable): `sum:${SummedTable}` {
  return COUNTERS[table];
}

export function addSums(a: number, b: number): number {
  return (a + b) % MODULUS;
}

export function subtractSums(a: number, b: number): number {
  return (a - b + MODULUS) % MODULUS;
}

/**
 * A number below 2^52 that follows from the values of a row. The sum over all rows tells whether any was changed, lost, added or exchanged by something
 * else than this program; it is no protection against somebody who changes the sum as well.
 */
export function rowSum(table: SummedTable, row: Row): number {
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  for (const column of SUMMED[table]) {
    const value = row[column] ?? null;
    // Kinds stay apart, and so do the ends of texts.
    const text = typeof value === 'string' ? `s${value.length}:${value}` : value === null ? 'n' : `i${value};`;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x5bd1e995);
      a ^= a >>> 15;
      b = Math.imul(b ^ code, 0x1b873593);
      b ^= b >>> 13;
    }
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x27d4eb2f) ^ Math.imul(a ^ (a >>> 13), 0x165667b1);
  return (a >>> 0) * 2 ** 20 + ((b >>> 0) & 0xfffff);
}

const PAGE = 1_000;
/** Columns by which a table is read page by page: its key. */
const KEYS: Readonly<Record<SummedTable, readonly string[]>> = {
  rooms: ['num'],
  events: ['num'],
  stream: ['position'],
  client_transactions: ['user_id', 'device_id', 'txn_id'],
  outgoing: ['sequence'],
  destinations: ['destination'],
  inbound_transactions: ['origin', 'txn_id'],
  accounts: ['user_id'],
  tokens: ['token_hash'],
  devices: ['user_id', 'device_id'],
  one_time_keys: ['num'],
  to_device: ['position'],
  invite_codes: ['num'],
  pending_invites: ['num'],
  media: ['server', 'media_id'],
  key_values: ['space', 'key'],
  quarantine: ['num'],
};

/** The sum of a table as it is. */
export async function sumOfTable(sql: Sql, table: SummedTable): Promise<number> {
  const key = KEYS[table];
  const select = `SELECT ${SUMMED[table].join(', ')} FROM ${table}`;
  const order = `ORDER BY ${key.join(', ')} LIMIT ${PAGE}`;
  const after = `WHERE (${key.join(', ')}) > (${key.map(() => '?').join(', ')})`;
  let sum = 0;
  for (let rows = await sql.all<Row>(`${select} ${order}`); rows.length > 0; ) {
    for (const row of rows) sum = addSums(sum, rowSum(table, row));
    const last = rows.at(-1) as Row;
    rows = rows.length < PAGE ? [] : await sql.all<Row>(`${select} ${after} ${order}`, ...key.map((column) => last[column] ?? null));
  }
  return sum;
}
