import { V2, V2_1, type V2Switches } from '@openguild/state-resolution';
import type { MatrixAuthFlags } from '../../src/version/matrix-auth-flags.ts';

const V3: MatrixAuthFlags = {
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
};
const V6: MatrixAuthFlags = { ...V3, aliasesOfServers: false, notificationLevels: true, fractionalPowerLevels: false };
const V7: MatrixAuthFlags = { ...V6, knocking: true };
const V8: MatrixAuthFlags = { ...V7, restrictedJoins: true };
const V10: MatrixAuthFlags = { ...V8, knockRestricted: true, integerPowerLevels: true };
const V11: MatrixAuthFlags = { ...V10, creator: 'sender' };
const V12: MatrixAuthFlags = { ...V11, privilegedCreators: true, roomNamedBy: 'room-id' };

/** What the rules' tests know of room versions, written down apart from the table that is tested. */
export interface TestedVersion {
  readonly flags: MatrixAuthFlags;
  readonly switches: V2Switches;
}

export const TESTED_VERSIONS: ReadonlyMap<string, TestedVersion> = new Map(
  [V3, V3, V3, V6, V7, V8, V8, V10, V11, V12].map((flags, i) => [String(i + 3), { flags, switches: flags === V12 ? V2_1 : V2 }]),
);
