import { base64decodeLoosely, base64encode } from '../crypto/base64.ts';
import { ok } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import { canonicalJson } from '../json/canonical.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import { utf8Length } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { isObject } from './check-shape.ts';
import { numberRule } from './event-bytes.ts';
import type { EventFormat } from './event-format.ts';
import { matrixShapeFault } from './matrix-shape.ts';
import { MATRIX_CREATE_TYPE } from './create-types.ts';
import { serverSignatures } from './server-signatures.ts';
import type { EventFields, Signer } from './types.ts';

/** What stands around the signatures in the text of an event: their name, a colon, a comma. */
const SIGNATURES_MEMBER = '"signatures":,'.length;

/** The layout of Matrix PDUs of room versions 3 to 12: the MXB rules. */
export const MATRIX_FORMAT: EventFormat = {
  rules: { object: 'MXB-5', depth: 'MXB-4', size: 'MXB-12', contentHash: 'MXB-13' },
  shapeFault: matrixShapeFault,
  numberRule: (fault, version) => (NUMBER_RULES.has(fault.rule) ? (version.strictNumbers ? 'MXB-2' : 'MXB-3') : fault.rule),
  kept(pdu) {
    // MXB-20: members that nobody knows are under the content hash, so they stay.
    if (!Object.hasOwn(pdu, 'unsigned')) return pdu;
    const { unsigned: _dropped, ...kept } = pdu;
    return kept;
  },
  // MXB-12: "including any signatures".
  size(pdu, forms, version) {
    if (forms.sizeSigned !== undefined) return forms.sizeSigned;
    const signatures = canonicalJson(pdu['signatures'] as JsonValue, version.keyOrder, numberRule(version), version.limits.maxDepth - 1);
    return forms.size + SIGNATURES_MEMBER + utf8Length(signatures);
  },
  fitsHash(hashes, contentHash) {
    const text = isObject(hashes) ? hashes['sha256'] : undefined;
    const bytes = typeof text === 'string' ? base64decodeLoosely(text) : undefined;
    return bytes !== undefined && bytes.length === contentHash.length && bytes.every((byte, i) => byte === contentHash[i]);
  },
  spellHash: base64encode,
  // MXB-17: "The event is redacted [...] and the resultant object is checked for a signature".
  sealed({ redacted }, version) {
    const message = redacted.slice();
    return { hash: version.hash(message), message };
  },
  signatures: (pdu, message, version) =>
    ok({ table: pdu['signatures'] as JsonObject, checks: [], servers: serverSignatures(pdu, message, version) }),
  roomIdFault: () => null,
  unhashed,
  sign,
};

const NUMBER_RULES: ReadonlySet<string> = new Set(['CJ-5', 'CJ-7', 'CJ-8']);

function unhashed(fields: EventFields, version: RoomVersion): JsonObject {
  if (fields.depth === undefined) throw new TypeError('an event of this room version has a depth');
  const create = fields.type === MATRIX_CREATE_TYPE;
  const unnamed = create && version.roomId === 'from-create';
  return {
    ...fields.more,
    type: fields.type,
    ...(fields.room_id === undefined || unnamed ? {} : { room_id: fields.room_id }),
    sender: fields.sender,
    origin_server_ts: fields.origin_ts,
    depth: fields.depth,
    ...(fields.state_key === undefined ? {} : { state_key: fields.state_key }),
    content: create ? { room_version: version.id, ...fields.content } : fields.content,
    prev_events: [...fields.prev_events].sort(utf8Compare),
    auth_events: [...(fields.auth_events ?? [])].sort(utf8Compare),
  };
}

/** All signers are keys of the sender's server. */
function sign(pdu: JsonObject, message: Uint8Array, signers: readonly Signer[]): JsonObject {
  const made = Object.fromEntries(signers.map((signer) => [signer.key_id, base64encode(signer.sign(message))]));
  return { [serverOf(pdu['sender'] as string)]: made };
}
