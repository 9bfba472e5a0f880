import { base58encode } from '../crypto/base58.ts';
import { fail, type Fault, ok, type Result } from '../fault.ts';
import { isRoomId } from '../identifiers.ts';
import { jsonFault } from '../json/json-fault.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { proofCheck } from './admission-message.ts';
import { isObject, shapeFault } from './check-shape.ts';
import { type EventBytes, eventBytes } from './event-bytes.ts';
import { eventIdOf, signedBytes } from './event-id.ts';
import { keptContent } from './redact.ts';
import { neededSignatures } from './signatures.ts';
import { storedEvent } from './stored-event.ts';
import type { UnverifiedCopy } from './types.ts';

/** The order in which a stored copy holds its members: nothing depends on it, but equal copies are then equal texts outside `content`. */
const MEMBER_ORDER = [
  'type',
  'room_id',
  'sender',
  'origin_server',
  'origin_ts',
  'state_key',
  'content',
  'prev_events',
  'auth_events',
  'guild_heads',
  'hashes',
  'signed_by',
];

/**
 * Everything that can be said about one copy of an event by itself; what remains is to verify the returned signatures.
 *
 * Steps: shape (EV-2 to EV-12), redacted form within limits, content within limits and fitting its hash (else only the redacted form
 * is kept), event ID, one signature by each key of `signed_by`. `unsigned` is dropped (EV-21). A fault means that this copy is dropped;
 * it says nothing about other copies.
 */
export function checkCopy(value: JsonValue, version: RoomVersion): Result<UnverifiedCopy> {
  if (!isObject(value)) return fail('EV-2', 'an event is an object');
  const shape = shapeFault(value, version);
  if (shape !== null) return fail(shape.rule, shape.detail);
  const content = value['content'] as JsonObject;
  const kept = keptContent(value['type'] as string, content, version.redaction);
  const least = contentFault(kept, version);
  if (least !== null) return fail(least.rule, least.detail);
  const bare = { ...value, content: kept };
  const form = judgeContent(value, bare, version);
  if (form.size > version.limits.maxEventBytes)
    return fail('EV-14', `${form.size} bytes even when redacted, at most ${version.limits.maxEventBytes}`);
  const hash = version.hash(form.bytes.redacted);
  const signatures = neededSignatures(value, signedBytes(hash));
  if (!signatures.ok) return signatures;
  const pdu = { ...inOrder(form.fault === null ? value : bare), signatures: signatures.value.table };
  const event = storedEvent(pdu, eventIdOf(hash), { redacted: form.fault !== null });
  // ID-5: a long server name makes the ID of a new room too long.
  if (!isRoomId(event.room_id)) return fail('EV-7', 'the ID of the new room would be too long');
  const proof = proofCheck(event);
  return ok({
    event,
    signatures: signatures.value.checks,
    ...(proof === undefined ? {} : { proof }),
    ...(form.fault === null ? {} : { redactedFor: form.fault }),
  });
}

interface JudgedContent {
  /** Why the content beyond what redaction keeps must go, or null. */
  readonly fault: Fault | null;
  readonly bytes: EventBytes;
  /** Bytes of the form that is kept. */
  readonly size: number;
}

/** EV-20: a fault that redaction removes leaves the redacted form. Limits, then the content hash (EV-15). */
function judgeContent(pdu: JsonObject, bare: JsonObject, version: RoomVersion): JudgedContent {
  const { maxEventBytes } = version.limits;
  const unreadable = contentFault(pdu['content'] as JsonObject, version);
  if (unreadable !== null) return redactedOnly(unreadable, bare, version);
  const bytes = eventBytes(pdu, version);
  if (bytes.size > maxEventBytes)
    return redactedOnly({ rule: 'EV-14', detail: `${bytes.size} bytes, at most ${maxEventBytes}` }, bare, version);
  const expected = (pdu['hashes'] as JsonObject)[version.hashName];
  if (base58encode(version.hash(bytes.content)) === expected) return { fault: null, bytes, size: bytes.size };
  return redactedOnly({ rule: 'EV-15', detail: 'the content does not fit its hash' }, bare, version);
}

function redactedOnly(fault: Fault, bare: JsonObject, version: RoomVersion): JudgedContent {
  const bytes = eventBytes(bare, version);
  return { fault, bytes, size: bytes.size };
}

/** EV-13 for nesting (the content is the event's second level); the CJ rules for what a program, not the strict reader, may have let in. */
function contentFault(content: JsonObject, { limits }: RoomVersion): Fault | null {
  const fault = jsonFault(content, limits.maxDepth - 1);
  return fault?.rule === 'CJ-13' ? { rule: 'EV-13', detail: `nested deeper than ${limits.maxDepth}` } : fault;
}

function inOrder(pdu: JsonObject): JsonObject {
  const ordered: Record<string, JsonValue> = {};
  for (const name of MEMBER_ORDER) if (Object.hasOwn(pdu, name)) ordered[name] = pdu[name] as JsonValue;
  return ordered;
}
