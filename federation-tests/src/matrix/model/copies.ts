import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '@openguild/core';
import { byCodePoints, domainOf, isObject, isUser, own } from './event.ts';

/** What a server must do with one copy of an event. */
export interface MatrixFate {
  /** `whole`: kept as it is, but for `unsigned`. `redacted`: kept without what redaction removes. `dropped`: not kept. */
  readonly kind: 'whole' | 'redacted' | 'dropped';
  /** Why it is not whole. */
  readonly rule: string;
  /** Undefined where it is dropped. */
  readonly id: string | undefined;
  /** What is kept. */
  readonly kept: JsonObject;
  /** Servers one of whose signatures must be right (MXB-17), and the text that they signed. */
  readonly signers: readonly string[];
  readonly message: string;
}

const MAX_BYTES = 65_536;
const MAX_DEPTH = 512;
const LARGEST = 2 ** 53 - 1;
const NEEDED = ['type', 'sender', 'origin_server_ts', 'depth', 'content', 'prev_events', 'auth_events', 'hashes', 'signatures'];

/**
 * What MXB-1 to MXB-17 say about one copy of an event of a Matrix version, once more: written to be read, one rule after another. It shares no code with the
 * engine. Whether signatures are right is not asked.
 */
export function matrixFateOf(pdu: JsonValue, version: number): MatrixFate {
  const dropped = (rule: string): MatrixFate => ({ kind: 'dropped', rule, id: undefined, kept: {}, signers: [], message: '' });
  if (!isObject(pdu)) return dropped('MXB-5');
  const shape = shapeFault(pdu, version);
  if (shape !== null) return dropped(shape);
  const whole = without(pdu, 'unsigned');
  if (depthOf(whole) > MAX_DEPTH) return dropped('MXB-4');
  if (!numbersFit(whole, version)) return dropped(version >= 6 ? 'MXB-2' : 'MXB-3');
  if (Buffer.byteLength(canonical(whole)) > MAX_BYTES) return dropped('MXB-12');
  const bare = redacted(whole, version);
  // What redaction takes away may be all that was put in wrongly.
  const fits = (one: JsonObject): boolean => contentHash(one).equals(hashIn(one));
  const kind = fits(whole) ? 'whole' : 'redacted';
  const kept = kind === 'whole' ? whole : bare;
  const message = canonical(without(redacted(kept, version), 'signatures'));
  return {
    kind: kind === 'redacted' && fits(bare) ? 'whole' : kind,
    rule: kind === 'whole' ? '' : 'MXB-13',
    id: `$${createHash('sha256')
      .update(message)
      .digest(version >= 4 ? 'base64url' : 'base64')
      .replace(/=+$/, '')}`,
    kept,
    signers: signersOf(kept, version),
    message,
  };
}

/** MXB-13 */
export function contentHash(pdu: JsonObject): Buffer {
  return createHash('sha256')
    .update(canonical(without(pdu, 'unsigned', 'signatures', 'hashes')))
    .digest();
}

function hashIn(pdu: JsonObject): Buffer {
  return Buffer.from(String(own(pdu['hashes'] as JsonObject, 'sha256')), 'base64');
}

/** MXB-5 to MXB-11 */
function shapeFault(e: JsonObject, version: number): string | null {
  const content = own(e, 'content');
  if (!isObject(content)) return 'MXB-5';
  const { sender, depth, origin_server_ts: ts } = e;
  if (!isText(own(e, 'type')) || (Object.hasOwn(e, 'state_key') && !isText(e['state_key'])) || !isUser(sender)) return 'MXB-6';
  const unnamed = version >= 12 && e['type'] === 'm.room.create' && !Object.hasOwn(e, 'room_id');
  const room = own(e, 'room_id');
  if (!unnamed && !(isText(room) && room.startsWith('!'))) return 'MXB-7';
  const isIds = (list: JsonValue | undefined, most: number): boolean =>
    Array.isArray(list) && list.length <= most && list.every((id) => isText(id) && id.startsWith('$'));
  if (!isIds(own(e, 'prev_events'), 20) || !isIds(own(e, 'auth_events'), 10)) return 'MXB-8';
  if (!Number.isSafeInteger(ts) || !Number.isSafeInteger(depth) || (depth as number) < 0) return 'MXB-9';
  const hashes = own(e, 'hashes');
  const sha256 = isObject(hashes) ? own(hashes, 'sha256') : undefined;
  if (typeof sha256 !== 'string' || !isBase64(sha256)) return 'MXB-10';
  const signatures = own(e, 'signatures');
  if (!isObject(signatures) || !Object.values(signatures).every(isObject)) return 'MXB-11';
  return NEEDED.every((name) => Object.hasOwn(e, name)) ? null : 'MXB-5';
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && Buffer.byteLength(value) <= 255;
}

/** MXB-10: with or without padding, in either alphabet. */
function isBase64(text: string): boolean {
  const digits = text.replace(/={1,2}$/, '');
  return /^[A-Za-z0-9+/_-]*$/.test(digits) && digits.length % 4 !== 1;
}

/** MXB-2, MXB-3 */
function numbersFit(value: JsonValue, version: number): boolean {
  if (typeof value === 'number')
    return version >= 6 ? Number.isSafeInteger(value) && !Object.is(value, -0) : Number.isFinite(value) && Math.abs(value) <= LARGEST;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every((inner) => numbersFit(inner as JsonValue, version));
}

const EVERY_EVENT = [
  ...['event_id', 'type', 'room_id', 'sender', 'state_key', 'content', 'hashes', 'signatures', 'depth'],
  ...['prev_events', 'auth_events', 'origin_server_ts'],
];
const LEVELS = ['ban', 'events', 'events_default', 'kick', 'redact', 'state_default', 'users', 'users_default'];

/** MXB-14: the page of the version, section "Redactions". */
export function redacted(pdu: JsonObject, version: number): JsonObject {
  const keep = version >= 11 ? EVERY_EVENT : [...EVERY_EVENT, 'prev_state', 'origin', 'membership'];
  const bare = Object.fromEntries(Object.entries(pdu).filter(([name]) => keep.includes(name)));
  return { ...bare, content: keptOf(String(pdu['type']), pdu['content'] as JsonObject, version) };
}

function keptOf(type: string, content: JsonObject, version: number): JsonObject {
  const some = (...names: readonly string[]): JsonObject =>
    Object.fromEntries(Object.entries(content).filter(([name]) => names.includes(name)));
  switch (type) {
    case 'm.room.member': {
      const kept = some('membership', ...(version >= 9 ? ['join_authorised_via_users_server'] : []));
      const third = own(content, 'third_party_invite');
      if (version < 11 || !isObject(third)) return kept;
      return { ...kept, third_party_invite: Object.hasOwn(third, 'signed') ? { signed: third['signed'] as JsonValue } : {} };
    }
    case 'm.room.create':
      return version >= 11 ? content : some('creator');
    case 'm.room.join_rules':
      return some('join_rule', ...(version >= 8 ? ['allow'] : []));
    case 'm.room.power_levels':
      return some(...LEVELS, ...(version >= 11 ? ['invite'] : []));
    case 'm.room.aliases':
      return version < 6 ? some('aliases') : {};
    case 'm.room.history_visibility':
      return some('history_visibility');
    case 'm.room.redaction':
      return version >= 11 ? some('redacts') : {};
    default:
      return {};
  }
}

/** MXB-17 */
function signersOf(kept: JsonObject, version: number): string[] {
  const content = kept['content'] as JsonObject;
  const server = domainOf(String(kept['sender']));
  if (kept['type'] !== 'm.room.member') return [server];
  const membership = own(content, 'membership');
  if (membership === 'invite' && Object.hasOwn(content, 'third_party_invite')) return [];
  const via = own(content, 'join_authorised_via_users_server');
  return version >= 8 && membership === 'join' && isUser(via) ? [...new Set([server, domainOf(via)])] : [server];
}

/** MXB-1, MXB-3 */
export function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'number') return numberText(value);
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort(byCodePoints);
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as JsonValue)}`).join()}}`;
}

/** As Python writes it. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value + 0);
  if (Math.abs(value) >= 0.0001) return String(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

function depthOf(value: JsonValue): number {
  let levels = 0;
  for (let level: readonly JsonValue[] = [value]; ; levels++) {
    level = level.filter((one) => typeof one === 'object' && one !== null);
    if (level.length === 0) return levels;
    level = level.flatMap((one) => Object.values(one as JsonObject) as JsonValue[]);
  }
}

function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}
