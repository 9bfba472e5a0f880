// bytes
export { fail, ok } from './fault.ts';
export type { Fault, Result } from './fault.ts';
export { canonicalJson } from './json/canonical.ts';
export type { KeyOrder, NumberRule } from './json/canonical.ts';
export { jsonFault } from './json/json-fault.ts';
export { DEFAULT_MAX_JSON_BYTES, MAX_JSON_DEPTH, readJson } from './json/read.ts';
export type { JsonLimits } from './json/read.ts';
export { utf8Encode, utf8Length } from './json/utf8.ts';
export { utf8Compare } from './json/utf8-order.ts';
export type { JsonObject, JsonValue } from './json/value.ts';
export { base58decode, base58encode } from './crypto/base58.ts';
export { base64decode, base64decodeLoosely, base64encode, base64urlEncode } from './crypto/base64.ts';
export { blake3, sha256 } from './crypto/digest.ts';
export type { Digest } from './crypto/digest.ts';
export { admissibleKey, faultBeforeEquation, keyFault, signatureFault, verifyPortable } from './crypto/ed25519.ts';
export type { KeyFaultOf } from './crypto/ed25519.ts';
export type { SignatureRule } from './crypto/signature-rule.ts';
export { keyId, publicKeyOf } from './crypto/key-id.ts';
export { keyMemory } from './crypto/key-memory.ts';
export { PORTABLE_SIGNATURES, verifyWith } from './crypto/signature-backend.ts';
export type { SignatureBackend } from './crypto/signature-backend.ts';
export { signerFromSeed } from './crypto/signer.ts';
export { verdictKey } from './crypto/verdict-key.ts';
export { isBareServer, isEventId, isRoomId, isServerName, isUserId, localpartOf, serverOf } from './identifiers.ts';
export { NATIVE_VERSION, roomVersion, roomVersionIds } from './version/room-version.ts';
export type { MatrixAuthFlags } from './version/matrix-auth-flags.ts';
export type { RoomVersion } from './version/room-version.ts';
export type { EventLimits } from './version/limits.ts';
export { admissionMessage } from './event/admission-message.ts';
export { addSignature, buildEvent, eventSignedBytes } from './event/build-event.ts';
export { checkCopy } from './event/check-copy.ts';
export { eventMessage } from './event/event-id.ts';
export { type PublishedKey, serverSignatureChecks } from './event/server-signatures.ts';
export { redactEvent } from './event/redact.ts';
export { jsonSigningBytes, signJson } from './event/sign-json.ts';
export { storedEvent } from './event/stored-event.ts';
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
export type { EventDraft, EventFields, RoomEvent, ServerSignatureCheck, SignatureCheck, Signer, UnverifiedCopy } from './event/types.ts';

// authority
export { authorize } from './auth/authorize.ts';
export { authSelection, MAX_AUTH_EVENTS } from './auth/auth-selection.ts';
export type { AuthContext, AuthStep, AuthTrace } from './auth/case.ts';
export { EVERYONE, MAX_OVERWRITES, MAX_RANK, MAX_ROLES, MAX_ROLES_OF_MEMBER, MAX_SERVER_KEYS } from './auth/content.ts';
export { isCreate, isPowerEvent } from './auth/event-types.ts';
export { heldRoles, isListed, membershipOf, ownerOf, rolesOf, stayOf } from './auth/members.ts';
export { companionIds, nativeRules } from './auth/native-rules.ts';
export { ALL_BITS, BITS, CHANNEL_BITS, describeMask, EVERYDAY_BITS, parseMask, permissionNames } from './auth/permission-bits.ts';
export type { PermissionName } from './auth/permission-bits.ts';
export { actingBits, effectivePermissions } from './auth/permissions.ts';
export type { Permissions, PermissionStep, PermissionStepName } from './auth/permissions.ts';
export { rankOf, userRank } from './auth/rank.ts';
export { AUTH_SELECTION_RULE, RULES } from './auth/rule-ids.ts';
export { admissionOf, OWNER_RANK, serverKeys } from './auth/servers.ts';
export type { Admission } from './auth/servers.ts';
export { StateView } from './auth/state-view.ts';
export type { ReadEntry } from './auth/state-view.ts';

// room
export { ENGINE_RULES } from './room/engine-rules.ts';
export type { ChannelKeyTrace } from './room/channel-state.ts';
export { createEvent } from './room/draft.ts';
export type { DagNode } from './room/dag-view.ts';
export type { Effect, Explanation } from './room/explain.ts';
export { explainText } from './room/explain-text.ts';
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
  RoomKind,
  RoomSnapshot,
  StateChange,
  StateEntry,
  StoredEvent,
  Supplies,
} from './room/types.ts';
export { StateMap } from './state/state-map.ts';
export { stateHash } from './state/state-hash.ts';

// exports, and rooms in memory
export { EXPORT_FORMAT, EXPORT_RULES, headerLine } from './verify/export-lines.ts';
export { MemoryRooms, MissingEventsError } from './verify/memory-rooms.ts';
export type { MissingEvent, Receipt, Verify, VerifyServer } from './verify/memory-rooms.ts';
export { portableVerifier } from './verify/portable-verifier.ts';
export { reportText } from './verify/report-text.ts';
export type { Equivocation, EventVerdict, ExportFinding, MissingPast, SignedEvent, VerifiedRoom, VerifyReport } from './verify/report.ts';
export { LineSplitter } from './verify/split-lines.ts';
export { ExportVerifier, verifyExport } from './verify/verify-export.ts';
export { exportLine, writeExport } from './verify/write-export.ts';

// drawings
export type { Conflict, DrawnEvent, Fate, Reason } from './draw/conflict.ts';
export { conflictOf } from './draw/conflict-of.ts';
export { drawConflict } from './draw/draw-conflict.ts';
