import type { SummedTable } from '../sql/row-sums.ts';

/** How a column is written: as it is; as JSON in the JSON; as true or false; or as what it refers to: a room
 * by its ID, an event of the row's room by its ID, an event of any room by both. */
export type ColumnKind = 'plain' | 'json' | 'flag' | 'room' | 'event' | 'room and event';

/** A table as a dump holds it. What follows from other tables (states, keys that are only counted) is not in dumps. */
export interface DumpTable {
  readonly name: SummedTable;
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Columns whose order is the order of the lines; unique together. */
  readonly key: readonly string[];
  /** A counted key that is in no line: rows get the next numbers, in the order of the lines. */
  readonly counted?: 'rooms' | 'events' | 'invite_codes' | 'pending_invites' | 'one_time_keys';
}

const plain = (...names: string[]): Record<string, ColumnKind> => Object.fromEntries(names.map((name) => [name, 'plain']));

/** In the order of a dump: what is referred to comes first. */
export const DUMP_TABLES: readonly DumpTable[] = [
  {
    name: 'rooms',
    columns: { ...plain('room_id', 'room_version', 'kind'), guild: 'room', extremities: 'json' },
    key: ['num'],
    counted: 'rooms',
  },
  {
    name: 'events',
    columns: {
      room: 'room',
      ...plain('event_id', 'depth'),
      rejected: 'flag',
      soft_failed: 'flag',
      redacted: 'flag',
      ...plain('fault_rule', 'fault_detail', 'rank', 'received_ts'),
      void_base: 'event',
      void_added: 'json',
      void_removed: 'json',
      state_base: 'event',
      state_delta: 'json',
      pdu: 'json',
    },
    key: ['num'],
    counted: 'events',
  },
  { name: 'stream', columns: { position: 'plain', room: 'room', event: 'event' }, key: ['position'] },
  {
    name: 'client_transactions',
    columns: { ...plain('user_id', 'device_id', 'txn_id'), event: 'room and event' },
    key: ['user_id', 'device_id', 'txn_id'],
  },
  { name: 'outgoing', columns: { ...plain('sequence', 'destination'), event: 'room and event' }, key: ['sequence'] },
  { name: 'destinations', columns: plain('destination', 'failures', 'retry_at'), key: ['destination'] },
  {
    name: 'inbound_transactions',
    columns: { ...plain('origin', 'txn_id', 'body_hash'), response: 'json', received_ts: 'plain' },
    key: ['origin', 'txn_id'],
  },
  { name: 'accounts', columns: { ...plain('user_id', 'password_hash', 'created_ts'), deactivated: 'flag' }, key: ['user_id'] },
  { name: 'tokens', columns: plain('token_hash', 'user_id', 'device_id', 'created_ts', 'expires_ts'), key: ['token_hash'] },
  {
    name: 'devices',
    columns: { ...plain('user_id', 'device_id', 'display_name', 'created_ts', 'last_seen_ts'), keys: 'json' },
    key: ['user_id', 'device_id'],
  },
  {
    name: 'one_time_keys',
    columns: { ...plain('user_id', 'device_id', 'algorithm', 'key_id'), key: 'json', claimed: 'flag' },
    key: ['num'],
    counted: 'one_time_keys',
  },
  {
    name: 'to_device',
    columns: { ...plain('position', 'user_id', 'device_id', 'sender', 'type'), content: 'json' },
    key: ['position'],
  },
  {
    name: 'invite_codes',
    columns: { ...plain('code', 'guild_id', 'creator', 'created_ts', 'expires_ts', 'max_uses', 'uses'), revoked: 'flag' },
    key: ['num'],
    counted: 'invite_codes',
  },
  {
    name: 'pending_invites',
    columns: { ...plain('user_id', 'room_id', 'inviter'), via: 'json', event: 'json', preview: 'json', received_ts: 'plain' },
    key: ['num'],
    counted: 'pending_invites',
  },
  {
    name: 'media',
    columns: plain('server', 'media_id', 'content_type', 'size', 'sha256', 'file_name', 'uploader', 'created_ts'),
    key: ['server', 'media_id'],
  },
  { name: 'key_values', columns: { ...plain('space', 'key'), value: 'json' }, key: ['space', 'key'] },
];

/** Counters of what is told to others: a dump has them, since what was given out is not given out again. */
export const TOLD_COUNTERS = ['outgoing', 'stream', 'to_device'] as const;

export const DUMP_FORMAT = 'openguild-store';
export const DUMP_VERSION = 2;

/** Called now and then during long work: what is done, how much of it, and of how much, if that is known. */
export type Progress = (what: string, done: number, total?: number) => void;
