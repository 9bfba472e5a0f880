import { fail, type Fault, ok, type Result } from '../fault.ts';
import type { CanonicalText } from '../json/canonical-text.ts';
import { jsonFault } from '../json/json-fault.ts';
import { type JsonLimits, type ReadText, readText } from '../json/read.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { proofCheck } from './admission-message.ts';
import type { BuiltEvent } from './build-event.ts';
import { isObject } from './check-shape.ts';
import { eventForms, type EventForms, formsOfText, numberRule } from './event-bytes.ts';
import type { EventFormat, RequiredSignatures } from './event-format.ts';
import { eventIdOf } from './event-id.ts';
import { formatOf } from './formats.ts';
import { redactPdu } from './redact.ts';
import { storedEvent } from './stored-event.ts';
import type { RoomEvent, UnverifiedCopy } from './types.ts';

/**
 * Everything that can be said about one copy of an event by itself; what remains is to verify the returned signatures.
 *
 * Steps: shape (EV-2 to EV-12, MXB-5 to MXB-11), limits, content hash (if the content does not fit it, only the redacted form is kept), redaction,
 * event hash and ID, the signatures that must be there. `unsigned` is dropped (EV-21, MXB-20). A fault means that this copy is dropped; it says
 * nothing about other copies. In what formats differ is in the version's record and in `EventFormat`.
 */
export function checkCopy(value: JsonValue, version: RoomVersion): Result<UnverifiedCopy> {
  return checkRead({ value, canonical: null }, version);
}

/**
 * `readJson`, then `checkCopy`, and the same answers; cheaper where the text is canonical already, as servers mostly send it: then what is hashed is parts of it.
 */
export function readCopy(bytes: Uint8Array, version: RoomVersion, limits: JsonLimits = {}): Result<UnverifiedCopy> {
  const read = readText(bytes, limits);
  return read.ok ? checkRead(read.value, version) : read;
}

/** `checkCopy` of a value that was read just now, and that nobody has changed since. */
export function checkRead({ value, canonical: text }: ReadText, version: RoomVersion): Result<UnverifiedCopy> {
  const format = formatOf(version);
  if (!isObject(value)) return fail(format.rules.object, 'an event is an object');
  const shape = format.shapeFault(value, version);
  if (shape !== null) return fail(shape.rule, shape.detail);
  const whole = format.kept(value);
  // Only if nothing was taken from it, and no limit of the version is narrower than what the reader was given.
  const asCame = whole === value && text !== null && text.depth <= version.limits.maxDepth ? text : null;
  const judged = judgeContent(whole, asCame, format, version);
  if (!judged.ok) return judged;
  const { fault, forms, form } = judged.value;
  const { hash, message } = format.sealed(forms, version);
  const required = format.signatures(form, message, version);
  if (!required.ok) return required;
  const { table } = required.value;
  const pdu = table === form['signatures'] ? form : { ...form, signatures: table };
  const event = storedEvent(pdu, eventIdOf(hash, version), { redacted: fault !== null });
  return copyOf(event, required.value, fault, format, version);
}

/** `checkCopy` of an event that was built just now, and the same answer: its hashes and its ID are known, its shape, limits and signatures are not. */
export function checkBuilt({ event, forms, message }: BuiltEvent, version: RoomVersion): Result<UnverifiedCopy> {
  const format = formatOf(version);
  const pdu = format.kept(event.pdu);
  const fault =
    format.shapeFault(pdu, version) ??
    unwritable(pdu, version.badContent === 'redact', format, version) ??
    sizeFault(format.size(pdu, forms, version), '', format, version);
  if (fault !== null) return fail(fault.rule, fault.detail);
  const required = format.signatures(pdu, message, version);
  return required.ok ? copyOf({ ...event, pdu }, required.value, null, format, version) : required;
}

function copyOf(
  event: RoomEvent,
  { checks, servers }: RequiredSignatures,
  fault: Fault | null,
  format: EventFormat,
  version: RoomVersion,
): Result<UnverifiedCopy> {
  const badRoom = Object.hasOwn(event.pdu, 'room_id') ? null : format.roomIdFault(event.room_id);
  if (badRoom !== null) return fail(badRoom.rule, badRoom.detail);
  const proof = version.authority === 'native' ? proofCheck(event) : undefined;
  return ok({
    event,
    signatures: checks,
    servers,
    ...(proof === undefined ? {} : { proof }),
    ...(fault === null ? {} : { redactedFor: fault }),
  });
}

interface JudgedContent {
  /** Why the content beyond what redaction keeps must go, or null. */
  readonly fault: Fault | null;
  /** What is kept. */
  readonly form: JsonObject;
  readonly forms: EventForms;
}

/**
 * Limits, then the content hash (EV-15, MXB-13). A fault that redaction removes leaves the redacted form (EV-20); but in Matrix versions only a wrong
 * hash does, and any other fault drops the copy.
 */
function judgeContent(whole: JsonObject, text: CanonicalText | null, format: EventFormat, version: RoomVersion): Result<JudgedContent> {
  const redact = version.badContent === 'redact';
  let forms: EventForms;
  let size: number;
  try {
    forms = text === null ? eventForms(whole, version, version.limits.maxDepth - 1) : formsOfText(text, whole, version);
    size = format.size(whole, forms, version);
  } catch (error) {
    // What cannot be written is looked for only then. Of all that the native shape leaves open only the content is written.
    const fault = error instanceof TypeError ? unwritable(whole, redact, format, version) : null;
    if (fault === null) throw error;
    return redact ? redactedOnly(fault, whole, format, version) : fail(fault.rule, fault.detail);
  }
  const large = sizeFault(size, '', format, version);
  if (large !== null) return redact ? redactedOnly(large, whole, format, version) : fail(large.rule, large.detail);
  if (format.fitsHash(whole['hashes'], forms.contentHash)) return ok({ fault: null, form: whole, forms });
  return redactedOnly({ rule: format.rules.contentHash, detail: 'the content does not fit its hash' }, whole, format, version);
}

function redactedOnly(fault: Fault, whole: JsonObject, format: EventFormat, version: RoomVersion): Result<JudgedContent> {
  const bare = redactPdu(whole, version);
  const unreadable = textFault(bare['content'] as JsonObject, 1, format, version);
  if (unreadable !== null) return fail(unreadable.rule, unreadable.detail);
  const forms = eventForms(bare, version);
  const large = sizeFault(format.size(bare, forms, version), ' even when redacted', format, version);
  if (large !== null) return fail(large.rule, large.detail);
  // EV-20: where redaction removes nothing but what was put in wrongly, what is left is the whole event.
  return ok({ fault: format.fitsHash(bare['hashes'], forms.contentHash) ? null : fault, form: bare, forms });
}

function sizeFault(size: number, when: string, { rules }: EventFormat, { limits }: RoomVersion): Fault | null {
  return size <= limits.maxEventBytes ? null : { rule: rules.size, detail: `${size} bytes${when}, at most ${limits.maxEventBytes}` };
}

function unwritable(whole: JsonObject, contentAlone: boolean, format: EventFormat, version: RoomVersion): Fault | null {
  return contentAlone ? textFault(whole['content'] as JsonObject, 1, format, version) : textFault(whole, 0, format, version);
}

/** Nesting (EV-13, MXB-4; `above`: levels around the value), numbers, and what a program, not the strict reader, may have let in (CJ rules). */
function textFault(value: JsonObject, above: number, format: EventFormat, version: RoomVersion): Fault | null {
  const fault = jsonFault(value, version.limits.maxDepth - above, numberRule(version));
  if (fault === null) return null;
  if (fault.rule === 'CJ-13') return { rule: format.rules.depth, detail: `nested deeper than ${version.limits.maxDepth}` };
  return { rule: format.numberRule(fault, version), detail: fault.detail };
}
