import { blake3, type Digest } from '../crypto/digest.ts';
import type { KeyOrder } from '../json/canonical.ts';
import { type EventLimits, NATIVE_LIMITS } from './limits.ts';
import type { MatrixAuthFlags } from './matrix-auth-flags.ts';
import { NATIVE_REDACTION, type RedactionTable } from './redaction-table.ts';

/**
 * What a room version means. Plain data: code branches on these fields, never on `id`, and a function takes the fields it needs.
 * A version is added as a record in the table below.
 */
export interface RoomVersion {
  readonly id: string;
  /** The order of keys in canonical JSON (CJ-17). */
  readonly keyOrder: KeyOrder;
  /** Of content, event and state. */
  readonly hash: Digest;
  /** Under which name `hashes` holds the content hash. */
  readonly hashName: 'blake3' | 'sha256';
  /** The layout of an event and how IDs are spelt. */
  readonly eventFormat: 'native';
  readonly redaction: RedactionTable;
  /** What is signed, and which keys and signatures are valid: KEY and SIG rules. */
  readonly signatureRule: 'strict-cofactorless';
  /** The algorithm that makes one state of several. */
  readonly resolution: 'hierarchical' | 'v2' | 'v2.1';
  /** Which rules say who may do what: this project's (AUTH), or Matrix's (MX) with these differences between its versions. */
  readonly authority: 'native' | MatrixAuthFlags;
  /** Where a server's keys are looked up. */
  readonly serverKeys: 'in-the-dag';
  readonly limits: EventLimits;
}

/** The native room version under construction: its data is disposable. */
export const NATIVE_VERSION = 'org.openguild.draft';

const VERSIONS: ReadonlyMap<string, RoomVersion> = new Map(
  [
    {
      id: NATIVE_VERSION,
      keyOrder: 'utf16-code-units',
      hash: blake3,
      hashName: 'blake3',
      eventFormat: 'native',
      redaction: NATIVE_REDACTION,
      signatureRule: 'strict-cofactorless',
      resolution: 'hierarchical',
      authority: 'native',
      serverKeys: 'in-the-dag',
      limits: NATIVE_LIMITS,
    } satisfies RoomVersion,
  ].map((version) => [version.id, Object.freeze(version)]),
);

/** The version with this ID, or undefined: an unknown version means that nothing about the room can be judged (EV-1). */
export function roomVersion(id: string): RoomVersion | undefined {
  return VERSIONS.get(id);
}
