import { base64decodeLoosely } from '../crypto/base64.ts';
import { fail, type Fault } from '../fault.ts';
import { utf8Length } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { isMatrixUserId } from '../auth-matrix/matrix-user-id.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { isObject } from './check-shape.ts';
import { MATRIX_CREATE_TYPE } from './create-types.ts';

const MAX_ID_BYTES = 255;
/** UTF-8 bytes that one UTF-16 code unit stands for, at most. */
const MAX_BYTES_OF_UNIT = 3;

/**
 * The shape of a Matrix PDU but the inside of `content` (MXB-5 to MXB-11): room versions, "Event format", and client-server API, "Size limits".
 *
 * Members that the specification does not name may be there: they are under the content hash.
 */
export function matrixShapeFault(pdu: JsonObject, version: RoomVersion): Fault | null {
  return membersFault(pdu, version) ?? roomFault(pdu, version) ?? citesFault(pdu, version) ?? hashesFault(pdu) ?? signaturesFault(pdu);
}

function membersFault(pdu: JsonObject, { limits }: RoomVersion): Fault | null {
  const { type, sender, content, origin_server_ts, depth } = pdu;
  // MXB-5
  if (!isObject(own(pdu, 'content') ? content : undefined)) return fail('MXB-5', 'content must be an object');
  // MXB-6
  if (!own(pdu, 'type') || !isShort(type, limits.maxTypeBytes)) return fail('MXB-6', `type must be at most ${limits.maxTypeBytes} bytes`);
  if (own(pdu, 'state_key') && !isShort(pdu['state_key'], limits.maxStateKeyBytes))
    return fail('MXB-6', `state_key must be at most ${limits.maxStateKeyBytes} bytes`);
  if (!own(pdu, 'sender') || typeof sender !== 'string' || !sender.isWellFormed() || !isMatrixUserId(sender))
    return fail('MXB-6', 'sender must be a user ID');
  // MXB-9
  if (!own(pdu, 'origin_server_ts') || !Number.isSafeInteger(origin_server_ts)) return fail('MXB-9', 'origin_server_ts must be an integer');
  if (!own(pdu, 'depth') || !Number.isSafeInteger(depth) || (depth as number) < 0) return fail('MXB-9', 'depth must be an integer from 0');
  return null;
}

/** MXB-7 */
function roomFault(pdu: JsonObject, { roomId }: RoomVersion): Fault | null {
  if (!own(pdu, 'room_id') && roomId === 'from-create' && pdu['type'] === MATRIX_CREATE_TYPE) return null;
  const id = own(pdu, 'room_id') ? pdu['room_id'] : undefined;
  return isShort(id, MAX_ID_BYTES) && id.startsWith('!') ? null : fail('MXB-7', 'room_id must be a room ID');
}

/** MXB-8 */
function citesFault(pdu: JsonObject, { limits }: RoomVersion): Fault | null {
  for (const [name, most] of [
    ['prev_events', limits.maxPrevEvents],
    ['auth_events', limits.maxAuthEvents],
  ] as const) {
    const list = own(pdu, name) ? pdu[name] : undefined;
    const good = Array.isArray(list) && list.length <= most && list.every((id) => isShort(id, MAX_ID_BYTES) && id.startsWith('$'));
    if (!good) return fail('MXB-8', `${name} must be at most ${most} event IDs`);
  }
  return null;
}

/** MXB-10: `hashes` is under the event hash, so no other copy of the event can be better. */
function hashesFault(pdu: JsonObject): Fault | null {
  const hashes = own(pdu, 'hashes') ? pdu['hashes'] : undefined;
  const text = isObject(hashes) && own(hashes, 'sha256') ? hashes['sha256'] : undefined;
  return typeof text === 'string' && base64decodeLoosely(text) !== undefined ? null : fail('MXB-10', 'hashes.sha256 must be base64');
}

/** MXB-11 */
function signaturesFault(pdu: JsonObject): Fault | null {
  const given = own(pdu, 'signatures') ? pdu['signatures'] : undefined;
  const good = isObject(given) && Object.values(given).every(isObject);
  return good ? null : fail('MXB-11', 'signatures must be an object of objects');
}

function own(pdu: JsonObject, name: string): boolean {
  return Object.hasOwn(pdu, name);
}

function isShort(value: JsonValue | undefined, maxBytes: number): value is string {
  if (typeof value !== 'string' || !value.isWellFormed()) return false;
  return value.length * MAX_BYTES_OF_UNIT <= maxBytes || utf8Length(value) <= maxBytes;
}
