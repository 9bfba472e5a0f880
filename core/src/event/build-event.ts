import { base58encode } from '../crypto/base58.ts';
import { base64encode } from '../crypto/base64.ts';
import { serverOf } from '../identifiers.ts';
import { jsonFault } from '../json/json-fault.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { JsonObject } from '../json/value.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { CREATE_EVENT_TYPES } from './create-types.ts';
import { eventBytes } from './event-bytes.ts';
import { eventIdOf, signedBytes } from './event-id.ts';
import type { SignatureTable } from './signatures.ts';
import { storedEvent } from './stored-event.ts';
import type { EventFields, RoomEvent, Signer } from './types.ts';

/**
 * Makes an event: hashes it, computes its ID, and has the signers sign it.
 *
 * The first signer's signature stands under the origin server, those of further ones (a person's own keys) under the sender. Keys in
 * `signed_by` that no signer has are left for `addSignature`. A create event's content gets its `room_version`. Lists are sorted.
 * Only what cannot be hashed at all (content that is not plain JSON) throws a TypeError; whether the event keeps its format and its
 * limits is what `checkCopy(event.pdu)` says.
 */
export function buildEvent(fields: EventFields, version: RoomVersion, signers: readonly Signer[]): RoomEvent {
  const bare = unhashed(fields, version, signers);
  const fault = jsonFault(bare);
  if (fault !== null) throw new TypeError(`${fault.rule}: ${fault.detail}`);
  const contentHash = base58encode(version.hash(eventBytes(bare, version).content));
  const hashed: JsonObject = { ...bare, hashes: { [version.hashName]: contentHash } };
  const hash = version.hash(eventBytes(hashed, version).redacted);
  const signatures = signaturesOf(hashed, signedBytes(hash), signers);
  return storedEvent({ ...hashed, signatures }, eventIdOf(hash), { redacted: false });
}

/** The same event with one more signature, by a key that its `signed_by` names. `name`: the server or user ID whose key it is. */
export function addSignature(event: RoomEvent, name: string, keyId: string, signature: Uint8Array): RoomEvent {
  if (!event.signed_by.includes(keyId)) throw new TypeError(`${keyId} is not among the keys that sign this event`);
  const given = event.pdu['signatures'] as SignatureTable;
  const signatures: SignatureTable = { ...given, [name]: { ...given[name], [keyId]: base64encode(signature) } };
  return { ...event, pdu: { ...event.pdu, signatures } };
}

function unhashed(fields: EventFields, version: RoomVersion, signers: readonly Signer[]): JsonObject {
  const create = CREATE_EVENT_TYPES.has(fields.type);
  return {
    type: fields.type,
    ...(fields.room_id === undefined || create ? {} : { room_id: fields.room_id }),
    sender: fields.sender,
    origin_server: serverOf(fields.sender),
    origin_ts: fields.origin_ts,
    ...(fields.state_key === undefined ? {} : { state_key: fields.state_key }),
    content: create ? { room_version: version.id, ...fields.content } : fields.content,
    prev_events: sorted(fields.prev_events),
    ...(fields.guild_heads === undefined ? { auth_events: sorted(fields.auth_events ?? []) } : { guild_heads: sorted(fields.guild_heads) }),
    signed_by: fields.signed_by ?? signers.map((signer) => signer.key_id),
  };
}

function signaturesOf(pdu: JsonObject, message: Uint8Array, signers: readonly Signer[]): SignatureTable {
  const signedBy = pdu['signed_by'] as readonly string[];
  const table: SignatureTable = {};
  for (const signer of signers) {
    if (!signedBy.includes(signer.key_id)) continue;
    const name = (signer.key_id === signedBy[0] ? pdu['origin_server'] : pdu['sender']) as string;
    table[name] = { ...table[name], [signer.key_id]: base64encode(signer.sign(message)) };
  }
  return table;
}

function sorted(ids: readonly string[]): string[] {
  return [...ids].sort(utf8Compare);
}
