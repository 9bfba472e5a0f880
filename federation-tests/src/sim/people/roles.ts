import { BITS, type JsonObject } from '@openguild/core';

export const EVERYDAY = BITS.CREATE_INVITE | BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES;
const MODERATOR = EVERYDAY | BITS.MANAGE_ROLES | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_MESSAGES | BITS.ADMIT_SERVERS;
export const ADMIN = MODERATOR | BITS.MANAGE_CHANNELS | BITS.MANAGE_GUILD;

const ROLES: Readonly<Record<string, readonly [rank: number, allow: bigint]>> = {
  everyone: [0, EVERYDAY],
  low: [10, EVERYDAY],
  mod: [50, MODERATOR],
  admin: [90, ADMIN],
};

/** The roles with which guilds begin; `change` says which of them may do what instead. */
export function rolesContent(change: Readonly<Record<string, bigint>> = {}): JsonObject {
  return Object.fromEntries(Object.entries(ROLES).map(([id, [rank, allow]]) => [id, { rank, allow: (change[id] ?? allow).toString() }]));
}
