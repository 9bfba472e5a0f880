import { sha256 } from '../crypto/digest.ts';
import { MATRIX_LIMITS } from './limits.ts';
import type { MatrixAuthFlags } from './matrix-auth-flags.ts';
import {
  KEPT_MEMBERS_V11,
  KEPT_MEMBERS_V3,
  REDACTION_V11,
  REDACTION_V3,
  REDACTION_V6,
  REDACTION_V8,
  REDACTION_V9,
} from './matrix-redaction.ts';
import type { RoomVersion } from './version-record.ts';

/** A Matrix version's record. */
type MatrixVersion = Omit<RoomVersion, 'authority'> & { readonly authority: MatrixAuthFlags };

const AUTHORITY_V3: MatrixAuthFlags = Object.freeze({
  aliasesOfServers: true,
  notificationLevels: false,
  knocking: false,
  restrictedJoins: false,
  knockRestricted: false,
  integerPowerLevels: false,
  fractionalPowerLevels: true,
  creator: 'content',
  privilegedCreators: false,
  roomNamedBy: 'create-event',
});

/**
 * Room version 3. Sentences are those of its page unless another is named.
 *
 * - `keyOrder`, `hash`: appendix "Canonical JSON": "dictionary keys lexicographically sorted by Unicode codepoint"; server-server API "Calculating
 *   the reference hash for an event" and "Calculating the content hash for an event": SHA-256.
 * - `eventFormat`, `limits`: "Event format", and client-server API "Size limits" (`MATRIX_LIMITS`).
 * - `keptMembers`, `redaction`: "Redactions", as quoted in `matrix-redaction.ts`.
 * - `badContent`: server-server API "Checks performed on receipt of a PDU": "Is a valid event, otherwise it is dropped." Only a content hash that does not
 *   match leaves the redacted form: "Passes hash checks, otherwise it is redacted before being processed further."
 * - `hashName`: server-server API "Calculating the content hash for an event": the hash stands under `sha256` in `hashes`.
 * - `strictNumbers`: "Canonical JSON": "Servers MUST NOT strictly enforce the JSON format specified in the appendices".
 * - `eventId`: "Event IDs": "The event ID is the reference hash of the event encoded using Unpadded Base64, prefixed with `$`."
 * - `roomId`: appendix "Room IDs": "A room ID has the format: `!opaque_id:domain`"; the create event carries it like any other.
 * - `signatureRule`, `serverKeys`: appendix "Signing Details": "`ed25519` as implemented by NACL"; server-server API "Retrieving server keys".
 * - `enforceKeyValidity`: the section "Signing key validity period" appears with version 5.
 * - `resolution`: "State resolution", unchanged from version 2.
 */
const V3: MatrixVersion = {
  id: '3',
  eventFormat: 'matrix',
  keyOrder: 'code-points',
  strictNumbers: false,
  badContent: 'drop',
  hash: sha256,
  hashName: 'sha256',
  eventId: 'base64',
  roomId: 'given',
  keptMembers: KEPT_MEMBERS_V3,
  redaction: REDACTION_V3,
  signatureRule: 'published-keys',
  serverKeys: 'published',
  enforceKeyValidity: false,
  authority: AUTHORITY_V3,
  resolution: 'v2',
  limits: MATRIX_LIMITS,
};

/** A version that is another one but for these fields, and these switches of its rules. */
function after(
  base: MatrixVersion,
  id: string,
  changes: Partial<Omit<MatrixVersion, 'id' | 'authority'>>,
  authority: Partial<MatrixAuthFlags> = {},
): MatrixVersion {
  return { ...base, ...changes, id, authority: Object.freeze({ ...base.authority, ...authority }) };
}

/** "Event IDs": "The event ID is the reference hash of the event encoded using URL-safe unpadded Base64." */
const V4 = after(V3, '4', { eventId: 'base64url' });

/**
 * "Signing key validity period": "When validating event signatures, servers MUST enforce the `valid_until_ts` property from a key request is at
 * least as large as the `origin_server_ts` for the event being validated."
 */
const V5 = after(V4, '5', { enforceKeyValidity: true });

/**
 * "Canonical JSON": "Servers MUST strictly enforce the JSON format specified in the appendices. This translates to [...] discarding of events over
 * federation." Redactions and rules as quoted at `REDACTION_V6`, `aliasesOfServers`, `notificationLevels`.
 */
const V6 = after(
  V5,
  '6',
  { strictNumbers: true, redaction: REDACTION_V6 },
  { aliasesOfServers: false, notificationLevels: true, fractionalPowerLevels: false },
);

/** "This room version builds on version 6 to introduce knocking as a possible join rule and membership state." */
const V7 = after(V6, '7', {}, { knocking: true });

/**
 * "[...] to introduce a new join rule that allows members to join the room based on membership in another room." With it comes a second signature:
 * rule 4.2 "If the event is not validly signed by the homeserver of the user ID denoted by the key, reject."
 */
const V8 = after(V7, '8', { redaction: REDACTION_V8 }, { restrictedJoins: true });

/** "Redactions", as quoted at `REDACTION_V9`; nothing else. */
const V9 = after(V8, '9', { redaction: REDACTION_V9 });

/** "[...] to enforce that power level values be integers, and to introduce a new `knock_restricted` join rule". */
const V10 = after(V9, '10', {}, { knockRestricted: true, integerPowerLevels: true });

/** "[...] while clarifying redaction rules", as quoted at `KEPT_MEMBERS_V11` and `REDACTION_V11`; "Remove the `creator` property of `m.room.create` events". */
const V11 = after(V10, '11', { keptMembers: KEPT_MEMBERS_V11, redaction: REDACTION_V11 }, { creator: 'sender' });

/**
 * "[...] iterating on the state resolution algorithm, giving room creators infinite power level, and changing the format of room IDs to be a hash of
 * the create event." Rule 1.2, note: "The room ID is the event ID of the event with sigil `!` instead of `$`."
 */
const V12 = after(V11, '12', { roomId: 'from-create', resolution: 'v2.1' }, { privilegedCreators: true, roomNamedBy: 'room-id' });

/** The Matrix room versions 3 to 12, oldest first, each written as its difference from the one before it. Frozen. */
export function matrixVersions(): readonly RoomVersion[] {
  return [V3, V4, V5, V6, V7, V8, V9, V10, V11, V12].map((version) => Object.freeze(version));
}
