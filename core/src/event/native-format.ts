import { base58encode } from '../crypto/base58.ts';
import { base64encode } from '../crypto/base64.ts';
import { fail, ok } from '../fault.ts';
import { isRoomId, serverOf } from '../identifiers.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { isObject, shapeFault } from './check-shape.ts';
import { CREATE_EVENT_TYPES } from './create-types.ts';
import type { EventFormat } from './event-format.ts';
import { signedBytes } from './event-id.ts';
import { neededSignatures, type SignatureTable } from './signatures.ts';
import type { EventFields, Signer } from './types.ts';

/**
 * The order in which a stored copy holds its members: nothing depends on it, but equal copies are then equal texts outside `content`; and nothing has
 * to be sorted for the canonical form.
 */
const MEMBER_ORDER = [
  'auth_events',
  'content',
  'guild_heads',
  'hashes',
  'origin_server',
  'origin_ts',
  'prev_events',
  'room_id',
  'sender',
  'signatures',
  'signed_by',
  'state_key',
  'type',
];

/** The native layout: the EV rules. */
export const NATIVE_FORMAT: EventFormat = {
  rules: { object: 'EV-2', depth: 'EV-13', size: 'EV-14', contentHash: 'EV-15' },
  shapeFault,
  numberRule: (fault) => fault.rule,
  kept(pdu) {
    if (inOrder(pdu)) return pdu;
    const ordered: Record<string, JsonValue> = {};
    for (const name of MEMBER_ORDER) if (Object.hasOwn(pdu, name)) ordered[name] = pdu[name] as JsonValue;
    return ordered;
  },
  size: (_pdu, forms) => forms.size,
  fitsHash: (hashes, contentHash) => isObject(hashes) && Object.values(hashes)[0] === base58encode(contentHash),
  spellHash: base58encode,
  sealed({ redacted }, version) {
    const hash = version.hash(redacted);
    return { hash, message: signedBytes(hash) };
  },
  signatures(pdu, message) {
    const needed = neededSignatures(pdu, message);
    return needed.ok ? ok({ ...needed.value, servers: [] }) : needed;
  },
  // ID-5: a long server name makes the ID of a new room too long.
  roomIdFault: (roomId) => (isRoomId(roomId) ? null : fail('EV-7', 'the ID of the new room would be too long')),
  unhashed,
  sign,
};

/** True if all members are those of a stored copy, and in its order: as in a canonical text. */
function inOrder(pdu: JsonObject): boolean {
  let at = 0;
  return Object.keys(pdu).every((name) => (at = MEMBER_ORDER.indexOf(name, at) + 1) > 0);
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

function sign(pdu: JsonObject, message: Uint8Array, signers: readonly Signer[]): JsonObject {
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
