import { base64encode } from '../crypto/base64.ts';
import { jsonFault } from '../json/json-fault.ts';
import type { JsonObject } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { eventForms, type EventForms, formsOfNew } from './event-bytes.ts';
import { eventIdOf } from './event-id.ts';
import { formatOf } from './formats.ts';
import type { SignatureTable } from './signatures.ts';
import { storedEvent } from './stored-event.ts';
import type { EventFields, RoomEvent, Signer } from './types.ts';

/**
 * Makes an event: hashes it, computes its ID, and has the signers sign it.
 *
 * The first signer's signature stands under the origin server, those of further ones (a person's own keys) under the sender; in Matrix versions all
 * signers are keys of the sender's server. Keys in `signed_by` that no signer has are left for `addSignature`. A create event's content gets its
 * `room_version`. Lists are sorted.
 * Only what cannot be hashed at all (content that is not plain JSON) throws a TypeError; whether the event keeps its format and its
 * limits is what `checkCopy(event.pdu)` says.
 */
export function buildEvent(fields: EventFields, version: RoomVersion, signers: readonly Signer[]): RoomEvent {
  return builtEvent(fields, version, signers).event;
}

/** An event, and what was found while it was built. */
export interface BuiltEvent {
  readonly event: RoomEvent;
  readonly forms: EventForms;
  /** What its keys sign. */
  readonly message: Uint8Array;
}

/** The same, for `checkBuilt`. */
export function builtEvent(fields: EventFields, version: RoomVersion, signers: readonly Signer[]): BuiltEvent {
  const format = formatOf(version);
  const bare = format.unhashed(fields, version, signers);
  const fault = jsonFault(bare);
  if (fault !== null) throw new TypeError(`${fault.rule}: ${fault.detail}`);
  const { forms, hashes } = formsOfNew({ ...bare, hashes: {} }, version, format.spellHash);
  const { hash, message } = format.sealed(forms, version);
  const hashed: JsonObject = { ...bare, hashes };
  const signatures = format.sign(hashed, message, signers);
  return { event: storedEvent({ ...hashed, signatures }, eventIdOf(hash, version), { redacted: false }), forms, message };
}

/** What a key signs of an event (SIG-1, MXB-17). */
export function eventSignedBytes(event: RoomEvent, version: RoomVersion): Uint8Array {
  return formatOf(version).sealed(eventForms(event.pdu, version), version).message;
}

/**
 * The same event with one more signature. `name`: the server or user ID whose key it is. In the native format the key must be one that `signed_by`
 * names; Matrix events name none.
 */
export function addSignature(event: RoomEvent, name: string, keyId: string, signature: Uint8Array): RoomEvent {
  if (event.signed_by.length > 0 && !event.signed_by.includes(keyId))
    throw new TypeError(`${keyId} is not among the keys that sign this event`);
  const given = event.pdu['signatures'] as SignatureTable;
  const signatures: SignatureTable = { ...given, [name]: { ...given[name], [keyId]: base64encode(signature) } };
  return { ...event, pdu: { ...event.pdu, signatures } };
}
