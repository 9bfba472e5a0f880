import { isKeyId } from '../crypto/key-id.ts';
import { fail, type Fault } from '../fault.ts';
import { isBase58Hash, isEventId, isRoomId, isUserId, serverOf } from '../identifiers.ts';
import { ascends } from '../json/utf8-order.ts';
import { utf8Length } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { CHANNEL_CREATE_TYPE, CREATE_EVENT_TYPES } from './create-types.ts';

const REQUIRED = ['type', 'sender', 'origin_server', 'origin_ts', 'content', 'prev_events', 'hashes', 'signed_by', 'signatures'];
const FIELDS: ReadonlySet<string> = new Set([...REQUIRED, 'room_id', 'state_key', 'auth_events', 'guild_heads', 'unsigned']);
/** C0, DEL and C1. A type or state key without them can be shown, logged and stored anywhere. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The shape of everything in an event but the inside of `content` and of `signatures` (EV-2 to EV-12).
 *
 * All of it is under the event hash and survives redaction: what breaks one of these rules has no event ID at all.
 */
export function shapeFault(pdu: JsonObject, version: RoomVersion): Fault | null {
  return (
    membersFault(pdu) ?? authorFault(pdu, version) ?? roomFault(pdu, version) ?? citesFault(pdu, version) ?? signersFault(pdu, version)
  );
}

/** EV-2: every member that must be there is, and none is there that has no meaning. */
function membersFault(pdu: JsonObject): Fault | null {
  for (const name of REQUIRED) if (!Object.hasOwn(pdu, name)) return fail('EV-2', `${name} is missing`);
  for (const name of Object.keys(pdu))
    if (!FIELDS.has(name)) return fail('EV-2', `an event has no member ${JSON.stringify(name.slice(0, 64))}`);
  return isObject(pdu['content']) ? null : fail('EV-2', 'content must be an object');
}

function authorFault(pdu: JsonObject, { limits }: RoomVersion): Fault | null {
  const { type, sender, origin_server, origin_ts } = pdu;
  // EV-3
  if (!isShortText(type, limits.maxTypeBytes) || type === '')
    return fail('EV-3', `type must be 1 to ${limits.maxTypeBytes} bytes without control characters`);
  // EV-4
  if (Object.hasOwn(pdu, 'state_key') && !isShortText(pdu['state_key'], limits.maxStateKeyBytes)) {
    return fail('EV-4', `state_key must be at most ${limits.maxStateKeyBytes} bytes without control characters`);
  }
  // EV-5
  if (typeof sender !== 'string' || !isUserId(sender)) return fail('EV-5', 'sender must be a user ID');
  if (origin_server !== serverOf(sender)) return fail('EV-5', "origin_server must be the sender's server");
  // EV-6
  return isTime(origin_ts) ? null : fail('EV-6', 'origin_ts must be an integer from 0 to 2^53-1');
}

/** EV-7: a create event has an empty state key, nothing before it, no `room_id`, and names its version; all others have a room. */
function roomFault(pdu: JsonObject, version: RoomVersion): Fault | null {
  const { room_id } = pdu;
  if (!CREATE_EVENT_TYPES.has(pdu['type'] as string)) {
    return typeof room_id === 'string' && isRoomId(room_id) ? null : fail('EV-7', 'room_id must be a room ID');
  }
  if (Object.hasOwn(pdu, 'room_id')) return fail('EV-7', 'a create event carries no room_id');
  if (pdu['state_key'] !== '') return fail('EV-7', 'the state_key of a create event is empty');
  const content = pdu['content'] as JsonObject;
  if (!Object.hasOwn(content, 'room_version') || content['room_version'] !== version.id) {
    return fail('EV-7', `content.room_version must be ${version.id}`);
  }
  return null;
}

/** EV-8 to EV-10: what the event cites. Each list ascends strictly by UTF-8 bytes. */
function citesFault(pdu: JsonObject, { limits }: RoomVersion): Fault | null {
  const create = CREATE_EVENT_TYPES.has(pdu['type'] as string);
  if (!isIdList(pdu['prev_events'], create ? 0 : 1, create ? 0 : limits.maxPrevEvents)) {
    return fail(
      'EV-8',
      create ? 'a create event has no prev_events' : `prev_events must be 1 to ${limits.maxPrevEvents} event IDs, ascending`,
    );
  }
  const inChannel = Object.hasOwn(pdu, 'guild_heads');
  if (inChannel === Object.hasOwn(pdu, 'auth_events') || (create && inChannel !== (pdu['type'] === CHANNEL_CREATE_TYPE))) {
    return fail('EV-9', 'channel events have guild_heads, all others auth_events');
  }
  if (inChannel) {
    const good = isIdList(pdu['guild_heads'], 1, limits.maxGuildHeads);
    return good ? null : fail('EV-10', `guild_heads must be 1 to ${limits.maxGuildHeads} event IDs, ascending`);
  }
  const most = create ? 0 : limits.maxAuthEvents;
  return isIdList(pdu['auth_events'], 0, most) ? null : fail('EV-9', `auth_events must be at most ${most} event IDs, ascending`);
}

function signersFault(pdu: JsonObject, { limits, hashName }: RoomVersion): Fault | null {
  const { signed_by, hashes } = pdu;
  // EV-11
  if (!Array.isArray(signed_by) || signed_by.length < 1 || signed_by.length > limits.maxSignatures) {
    return fail('EV-11', `signed_by must name 1 to ${limits.maxSignatures} keys`);
  }
  if (!signed_by.every((id) => typeof id === 'string' && isKeyId(id))) return fail('EV-11', 'signed_by must hold key IDs');
  if (signed_by.length > 1 && new Set(signed_by).size !== signed_by.length) return fail('EV-11', 'signed_by names a key twice');
  // EV-12
  const hash = isObject(hashes) && Object.keys(hashes).length === 1 ? hashes[hashName] : undefined;
  return typeof hash === 'string' && isBase58Hash(hash) ? null : fail('EV-12', `hashes must be {"${hashName}": base58 of 32 bytes}`);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isShortText(value: JsonValue | undefined, maxBytes: number): value is string {
  return typeof value === 'string' && value.isWellFormed() && utf8Length(value) <= maxBytes && !CONTROL.test(value);
}

function isTime(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

function isIdList(value: JsonValue | undefined, least: number, most: number): boolean {
  if (!Array.isArray(value) || value.length < least || value.length > most) return false;
  return value.every((id) => typeof id === 'string' && isEventId(id)) && ascends(value as string[]);
}
