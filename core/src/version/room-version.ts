import { blake3 } from '../crypto/digest.ts';
import { NATIVE_LIMITS } from './limits.ts';
import { matrixVersions } from './matrix-versions.ts';
import { NATIVE_REDACTION } from './redaction-table.ts';
import type { RoomVersion } from './version-record.ts';

export type { RoomVersion } from './version-record.ts';

/** The native room version. Frozen: another rule is another version. */
export const NATIVE_VERSION = 'org.openguild.1';

const NATIVE: RoomVersion = Object.freeze<RoomVersion>({
  id: NATIVE_VERSION,
  eventFormat: 'native',
  keyOrder: 'utf16-code-units',
  strictNumbers: true,
  badContent: 'redact',
  hash: blake3,
  hashName: 'blake3',
  eventId: 'base58',
  roomId: 'from-create-with-server',
  keptMembers: 'all',
  redaction: NATIVE_REDACTION,
  signatureRule: 'strict-cofactorless',
  serverKeys: 'in-the-dag',
  enforceKeyValidity: false,
  authority: 'native',
  resolution: 'hierarchical',
  limits: NATIVE_LIMITS,
});

const VERSIONS: ReadonlyMap<string, RoomVersion> = new Map([NATIVE, ...matrixVersions()].map((version) => [version.id, version]));

/** The version with this ID, or undefined: an unknown version means that nothing about the room can be judged (EV-1). */
export function roomVersion(id: string): RoomVersion | undefined {
  return VERSIONS.get(id);
}

/** The version with this ID if its rooms are native: for what makes or takes in native rooms only. */
export function nativeVersion(id: string): RoomVersion | undefined {
  const version = roomVersion(id);
  return version?.authority === 'native' ? version : undefined;
}

/** The IDs of all versions in the table, the native one first, then the Matrix ones, oldest first. */
export function roomVersionIds(): string[] {
  return [...VERSIONS.keys()];
}
