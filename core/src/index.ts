/**
 * The engine: from bytes to a verdict, and what a room's state is. Pure and synchronous; runs in Node, Deno, Bun and browsers.
 *
 * What is exported here is the whole API; README.md shows it in the order in which an event goes through it. Everything else is internal.
 */

// Results: rejections are data.
export { fail, ok } from './fault.ts';
export type { Fault, Result } from './fault.ts';

// 1. Read: bytes to JSON, strictly; and JSON to canonical bytes (CJ rules).
export { DEFAULT_MAX_JSON_BYTES, MAX_JSON_DEPTH, readJson } from './json/read.ts';
export type { JsonLimits } from './json/read.ts';
export { jsonFault } from './json/json-fault.ts';
export { canonicalJson } from './json/canonical.ts';
export type { KeyOrder, NumberRule } from './json/canonical.ts';
export type { JsonObject, JsonValue } from './json/value.ts';
export { utf8Encode, utf8Length } from './json/utf8.ts';
export { utf8Compare } from './json/utf8-order.ts';

// Names: identifiers and how they are spelt (ID rules).
export { isBareServer, isEventId, isRoomId, isServerName, isUserId, localpartOf, serverOf } from './identifiers.ts';
export { base58decode, base58encode } from './crypto/base58.ts';
export { base64decode, base64decodeLoosely, base64encode, base64urlEncode } from './crypto/base64.ts';
export { keyId, publicKeyOf } from './crypto/key-id.ts';

// Room versions: what differs between them, as data.
export type { EventLimits } from './version/limits.ts';
export type { MatrixAuthFlags } from './version/matrix-auth-flags.ts';
export { NATIVE_VERSION, nativeVersion, roomVersion, roomVersionIds } from './version/room-version.ts';
export type { RoomVersion } from './version/room-version.ts';

// 2. Check a copy of an event; build, sign and redact events (EV, RED rules).
export { checkCopy, readCopy } from './event/check-copy.ts';
export { addSignature, buildEvent, eventSignedBytes } from './event/build-event.ts';
export { eventMessage } from './event/event-id.ts';
export { admissionMessage } from './event/admission-message.ts';
export { redactEvent } from './event/redact.ts';
export { storedEvent } from './event/stored-event.ts';
export { jsonSigningBytes, signJson } from './event/sign-json.ts';
export type { EventDraft, EventFields, RoomEvent, ServerSignatureCheck, SignatureCheck, Signer, UnverifiedCopy } from './event/types.ts';
export { isEventOf } from './event/typed-events.ts';
export type {
  CheckedContents,
  DraftOf,
  EventOf,
  FreeContents,
  MatrixContents,
  MatrixEventOf,
  MatrixMembership,
  NativeContents,
  NativeEventType,
} from './event/typed-events.ts';

// 3. Verify: signatures are checked by whoever serves the need; these are the portable means (KEY, SIG rules).
export { signerFromSeed } from './crypto/signer.ts';
export { admissibleKey, faultBeforeEquation, keyFault, signatureFault, verifyPortable } from './crypto/ed25519.ts';
export type { KeyFaultOf } from './crypto/ed25519.ts';
export { PORTABLE_SIGNATURES, verifyWith } from './crypto/signature-backend.ts';
export type { SignatureBackend } from './crypto/signature-backend.ts';
export type { SignatureRule } from './crypto/signature-rule.ts';
export { keyMemory } from './crypto/key-memory.ts';
export { verdictKey } from './crypto/verdict-key.ts';
export { PublishedKeys } from './event/published-keys.ts';
export { type PublishedKey, serverSignatureChecks } from './event/server-signatures.ts';
export { portableVerifier } from './verify/portable-verifier.ts';
export { blake3, sha256 } from './crypto/digest.ts';
export type { Digest } from './crypto/digest.ts';

// 4. Receive and create: the room (ENG, DAG, RES rules).
export type { ChannelKeyTrace } from './room/channel-state.ts';
export type { DagNode } from './room/dag-view.ts';
export { createEvent } from './room/draft.ts';
export { ENGINE_RULES } from './room/engine-rules.ts';
export { explainText } from './room/explain-text.ts';
export type { Effect, Explanation } from './room/explain.ts';
export type { StateTrace } from './room/resolver.ts';
export { Room } from './room/room.ts';
export type { Serving } from './room/servers.ts';
export type {
  Ask,
  CreateContext,
  Created,
  Effects,
  HistoryCursor,
  HistoryPage,
  Needs,
  Outcome,
  Received,
  ReceiveLimits,
  RoomKind,
  RoomSnapshot,
  StateChange,
  StateEntry,
  StoredEvent,
  Supplies,
  VoidDelta,
} from './room/types.ts';
export { NO_VOIDS, voidsBy } from './room/void-delta.ts';
export { stateHash } from './state/state-hash.ts';
export { StateMap } from './state/state-map.ts';

// The same without a store: rooms in memory.
export { MemoryRooms, MissingEventsError } from './verify/memory-rooms.ts';
export type { MissingEvent, Receipt, Verify, VerifyServer } from './verify/memory-rooms.ts';

// Authority: what a state says about people, servers and channels (AUTH rules).
export { authSelection, MAX_AUTH_EVENTS } from './auth/auth-selection.ts';
export { authorize } from './auth/authorize.ts';
export { matrixAuthTypes } from './auth-matrix/auth-types.ts';
export type { AuthContext, AuthStep, AuthTrace } from './auth/case.ts';
export { EVERYONE, MAX_OVERWRITES, MAX_RANK, MAX_ROLES, MAX_ROLES_OF_MEMBER, MAX_SERVER_KEYS } from './auth/content.ts';
export { isCreate, isPowerEvent } from './auth/event-types.ts';
export { heldRoles, isListed, membershipOf, ownerOf, rolesOf, stayOf } from './auth/members.ts';
export { ALL_BITS, BITS, CHANNEL_BITS, describeMask, EVERYDAY_BITS, parseMask, permissionNames } from './auth/permission-bits.ts';
export type { PermissionName } from './auth/permission-bits.ts';
export { actingBits, effectivePermissions } from './auth/permissions.ts';
export type { Permissions, PermissionStep, PermissionStepName } from './auth/permissions.ts';
export { rankOf, userRank } from './auth/rank.ts';
export { RULES } from './auth/rule-ids.ts';
export { admissionOf, OWNER_RANK, serverKeys } from './auth/servers.ts';
export type { Admission } from './auth/servers.ts';
export { StateView } from './auth/state-view.ts';
export type { ReadEntry } from './auth/state-view.ts';

// The same in Matrix room versions (MX rules).
export { authorizeByAuthEvents, authorizeMatrix } from './auth-matrix/authorize-matrix.ts';
export type { MatrixAuthContext, MatrixAuthStep, MatrixLookup } from './auth-matrix/matrix-case.ts';
export type { CitedEvent } from './auth-matrix/rules-auth-events.ts';
export { type MatrixRoomEvents, resolveMatrix } from './auth-matrix/resolve-matrix.ts';

// Exports: a room as a file that anybody can verify (EXP rules).
export { EXPORT_FORMAT, EXPORT_RULES, headerLine } from './verify/export-lines.ts';
export type { ExportedKeys } from './verify/export-lines.ts';
export { reportText } from './verify/report-text.ts';
export type { Equivocation, EventVerdict, ExportFinding, MissingPast, SignedEvent, VerifiedRoom, VerifyReport } from './verify/report.ts';
export { LineSplitter } from './verify/split-lines.ts';
export { ExportVerifier, verifyExport } from './verify/verify-export.ts';
export { exportLine, writeExport } from './verify/write-export.ts';

// Drawings of what was in conflict.
export { conflictOf } from './draw/conflict-of.ts';
export type { Conflict, DrawnEvent, Fate, Reason } from './draw/conflict.ts';
export { drawConflict } from './draw/draw-conflict.ts';
