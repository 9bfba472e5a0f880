import type { Fault, Result } from '../fault.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import type { EventForms } from './event-bytes.ts';
import type { EventFields, ServerSignatureCheck, SignatureCheck, Signer } from './types.ts';

/** The signatures that a copy must have, and those that are kept with it. */
export interface RequiredSignatures {
  readonly table: JsonObject;
  readonly checks: readonly SignatureCheck[];
  readonly servers: readonly ServerSignatureCheck[];
}

/** What stands for a whole event. */
export interface Seal {
  /** EV-16, MXB-15: the event hash, of the redacted form. */
  readonly hash: Uint8Array;
  /** What is signed. */
  readonly message: Uint8Array;
}

/** The rules by which a copy's faults of one kind are named. */
export interface FormatRules {
  /** It is no object. */
  readonly object: string;
  /** Nested too deep. */
  readonly depth: string;
  /** Too large. */
  readonly size: string;
  /** The content does not fit its hash. */
  readonly contentHash: string;
}

/**
 * In what the native and the Matrix layout of an event differ. Everything else is one path for both: `checkCopy` and `buildEvent` hash the content,
 * redact, hash what is left, name the event by that, and ask for signatures.
 */
export interface EventFormat {
  readonly rules: FormatRules;
  /** Why a copy has not the shape of an event, the inside of `content` and of `signatures` aside, or null. */
  shapeFault(pdu: JsonObject, version: RoomVersion): Fault | null;
  /** The rule for a number that the version does not allow, or the rule that found it. */
  numberRule(fault: Fault, version: RoomVersion): string;
  /** The copy as it is kept, if nothing is wrong with it: without `unsigned`, its signatures as they came. */
  kept(pdu: JsonObject): JsonObject;
  /** Bytes of a copy, as the limit counts them. */
  size(pdu: JsonObject, forms: EventForms, version: RoomVersion): number;
  /** True if `hashes` says that this is the hash of the content. */
  fitsHash(hashes: JsonValue | undefined, contentHash: Uint8Array): boolean;
  /** The content hash as `hashes` holds it. */
  spellHash(contentHash: Uint8Array): string;
  /** The event hash, and what is signed. */
  sealed(forms: EventForms, version: RoomVersion): Seal;
  /** The signatures that a copy needs, of those it has. `pdu` is the copy as it is kept, all its signatures in it. */
  signatures(pdu: JsonObject, message: Uint8Array, version: RoomVersion): Result<RequiredSignatures>;
  /** What is wrong with a room's ID that was made from an event's, or null. */
  roomIdFault(roomId: string): Fault | null;
  /** A new event without its hashes and signatures. */
  unhashed(fields: EventFields, version: RoomVersion, signers: readonly Signer[]): JsonObject;
  /** The signatures of a new event. */
  sign(pdu: JsonObject, message: Uint8Array, signers: readonly Signer[]): JsonObject;
}
