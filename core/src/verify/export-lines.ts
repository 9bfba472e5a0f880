import { isObject } from '../event/check-shape.ts';
import { fail, ok, type Result } from '../fault.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { roomVersion, type RoomVersion } from '../version/room-version.ts';

/** The format that this reads and writes (EXP-2). */
export const EXPORT_FORMAT = 1;

/** Rules of room exports (PROTOCOL.md, "Room exports"). */
export const EXPORT_RULES = {
  /** EXP-1: lines of strict JSON. */
  LINES: 'EXP-1',
  /** EXP-2: the header. */
  HEADER: 'EXP-2',
  /** EXP-3: one event once. */
  ONCE: 'EXP-3',
  /** EXP-4: causal order. */
  ORDER: 'EXP-4',
  /** EXP-5: the whole past. */
  PAST: 'EXP-5',
  /** EXP-6: one room, and before a channel its guild. */
  ROOMS: 'EXP-6',
  /** EXP-7: only what stands. */
  STANDS: 'EXP-7',
  /** EXP-8: the closing line and its heads. */
  CLOSING: 'EXP-8',
  /** EXP-9: the state hash. */
  STATE_HASH: 'EXP-9',
  /** EXP-13: what servers published about their keys. */
  KEYS: 'EXP-13',
  /** EXP-10: what verifying is. */
  VERIFYING: 'EXP-10',
} as const;

export interface ExportHeader {
  readonly room_id: string;
  readonly version: RoomVersion;
}

/** What the exporting server says of the state, by room. */
export interface ExportClosing {
  readonly heads: Readonly<Record<string, readonly string[]>>;
  readonly state_hash: Readonly<Record<string, string>>;
}

/** EXP-13. A key document of a server of a Matrix room, and when the exporter fetched it (milliseconds since 1970). */
export interface ExportedKeys {
  readonly server_keys: JsonValue;
  readonly fetched_ts: number;
}

/** The first line of an export. */
export function headerLine(roomId: string, version: RoomVersion): JsonObject {
  return { openguild_export: EXPORT_FORMAT, room_id: roomId, room_version: version.id };
}

/** EXP-2 */
export function readHeader(value: JsonValue): Result<ExportHeader> {
  if (!isObject(value) || !hasExactly(value, ['openguild_export', 'room_id', 'room_version']))
    return fail(EXPORT_RULES.HEADER, 'the first line must be {"openguild_export": 1, "room_id": ..., "room_version": ...}');
  const { openguild_export: format, room_id, room_version } = value;
  if (format !== EXPORT_FORMAT)
    return fail(EXPORT_RULES.HEADER, `format ${JSON.stringify(format)} is unknown; this reads ${EXPORT_FORMAT}`);
  if (typeof room_id !== 'string' || typeof room_version !== 'string')
    return fail(EXPORT_RULES.HEADER, 'room_id and room_version must be strings');
  const version = roomVersion(room_version);
  return version === undefined ? fail('EV-1', `room version ${JSON.stringify(room_version)} is unknown`) : ok({ room_id, version });
}

/** EXP-8: no event lacks a type, and no closing line has one. */
export function isClosing(value: JsonValue): boolean {
  return isObject(value) && !Object.hasOwn(value, 'type') && (Object.hasOwn(value, 'heads') || Object.hasOwn(value, 'state_hash'));
}

/** EXP-13: no event has `server_keys` without a type. */
export function isKeysLine(value: JsonValue): boolean {
  return isObject(value) && !Object.hasOwn(value, 'type') && Object.hasOwn(value, 'server_keys');
}

/** EXP-13, the shape of a line with a key document; what the document says is `PublishedKeys`' to judge. */
export function readKeysLine(value: JsonValue): Result<ExportedKeys> {
  if (!isObject(value) || !hasExactly(value, ['server_keys', 'fetched_ts']) || !Number.isSafeInteger(value['fetched_ts']))
    return fail(EXPORT_RULES.KEYS, 'it has server_keys and fetched_ts, an integer, only');
  return ok(value as unknown as ExportedKeys);
}

/** EXP-8, the shape of the closing line. */
export function readClosing(value: JsonValue): Result<ExportClosing> {
  if (!isObject(value) || !hasExactly(value, ['heads', 'state_hash']))
    return fail(EXPORT_RULES.CLOSING, 'it has heads and state_hash only');
  const { heads, state_hash } = value;
  if (!isObject(heads) || !Object.values(heads).every(isListOfStrings))
    return fail(EXPORT_RULES.CLOSING, 'heads must hold a list of event IDs for each room');
  if (!isObject(state_hash) || !Object.values(state_hash).every((one) => typeof one === 'string'))
    return fail(EXPORT_RULES.CLOSING, 'state_hash must hold a hash for each room');
  return ok(value as unknown as ExportClosing);
}

function hasExactly(value: JsonObject, names: readonly string[]): boolean {
  return Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));
}

function isListOfStrings(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
