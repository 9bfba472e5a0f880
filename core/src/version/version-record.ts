import type { Digest } from '../crypto/digest.ts';
import type { SignatureRule } from '../crypto/signature-rule.ts';
import type { KeyOrder } from '../json/canonical.ts';
import type { EventLimits } from './limits.ts';
import type { MatrixAuthFlags } from './matrix-auth-flags.ts';
import type { RedactionTable } from './redaction-table.ts';

/**
 * What a room version means. Plain data: code branches on these fields, never on `id`, and a function takes the fields it needs.
 * The records are in `room-version.ts`; the Matrix ones, with the sentences that they encode, in `matrix-versions.ts`.
 */
export interface RoomVersion {
  readonly id: string;
  /** The layout of an event on the wire and how IDs are spelt (EV rules, or MXB rules). */
  readonly eventFormat: 'native' | 'matrix';
  /** The order of keys in canonical JSON (CJ-17, MXB-1). */
  readonly keyOrder: KeyOrder;
  /** True: integers within +-(2^53-1) are the only numbers (CJ-5 to CJ-8, MXB-2). False: fractions may occur as well (MXB-3). */
  readonly strictNumbers: boolean;
  /** What becomes of a copy whose redactable content is no canonical JSON, nested too deep or too large: EV-20, or MXB-2, MXB-4, MXB-12. */
  readonly badContent: 'redact' | 'drop';
  /** Of content, event and state. */
  readonly hash: Digest;
  /** Under which name `hashes` holds the content hash. */
  readonly hashName: 'blake3' | 'sha256';
  /** How the event hash is spelt in an event ID (EV-16, MXB-15). */
  readonly eventId: 'base58' | 'base64' | 'base64url';
  /** Where a room's ID comes from: its create event (ID-5, MXB-16), or whoever made the room, and then every event names it. */
  readonly roomId: 'from-create-with-server' | 'from-create' | 'given';
  /** What redaction keeps of an event beside its content: all but `unsigned`, or the listed members. */
  readonly keptMembers: 'all' | ReadonlySet<string>;
  readonly redaction: RedactionTable;
  /** Which keys and signatures are valid: KEY and SIG rules, or MXB-18. What is signed belongs to the event format. */
  readonly signatureRule: SignatureRule;
  /** Where a server's keys are looked up: in the state of the room, or in a document that the server publishes. */
  readonly serverKeys: 'in-the-dag' | 'published';
  /** Whether a published key serves only events of its time (MXB-19). */
  readonly enforceKeyValidity: boolean;
  /** Which rules say who may do what: AUTH rules, or MX rules with these switches. */
  readonly authority: 'native' | MatrixAuthFlags;
  /** The algorithm that makes one state of several. */
  readonly resolution: 'hierarchical' | 'v2' | 'v2.1';
  readonly limits: EventLimits;
}
