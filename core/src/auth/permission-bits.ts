/** Permission bits (AUTH-4.14): Discord's numbers where Discord has the bit. */
export const BITS = {
  CREATE_INVITE: 1n << 0n,
  KICK_MEMBERS: 1n << 1n,
  BAN_MEMBERS: 1n << 2n,
  ADMINISTRATOR: 1n << 3n,
  MANAGE_CHANNELS: 1n << 4n,
  MANAGE_GUILD: 1n << 5n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  MANAGE_MESSAGES: 1n << 13n,
  CONNECT: 1n << 20n,
  MANAGE_ROLES: 1n << 28n,
  /** Not in Discord: deciding which servers take part. */
  ADMIT_SERVERS: 1n << 62n,
} as const;

/** A bit that has a name (AUTH-4.14). */
export type PermissionName = keyof typeof BITS;

/** All 64 bits, named or not. */
export const ALL_BITS = (1n << 64n) - 1n;

/** AUTH-4.17: what never needs a person's own key. */
export const EVERYDAY_BITS = BITS.CREATE_INVITE | BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES;

/** AUTH-4.18: what an overwrite can give or take; other bits in an overwrite have no effect. */
export const CHANNEL_BITS =
  BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.MANAGE_MESSAGES | BITS.MANAGE_CHANNELS | BITS.MANAGE_ROLES | BITS.CONNECT;

/** AUTH-7.2: what role `everyone` never has. */
export const NEVER_EVERYONE = BITS.ADMIT_SERVERS | BITS.ADMINISTRATOR;

const CANONICAL_DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;

/** AUTH-4.15: a mask is a canonical decimal (no sign, no leading zeros) below 2^64; undefined for anything else. */
export function parseMask(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !CANONICAL_DECIMAL.test(text)) return undefined;
  const mask = BigInt(text);
  return mask <= ALL_BITS ? mask : undefined;
}

/** Names of the bits of a mask, lowest first; a bit without a name is `BIT_<number>`. */
export function permissionNames(mask: bigint): string[] {
  const names = new Map<bigint, string>(Object.entries(BITS).map(([name, bit]) => [bit, name]));
  const found: string[] = [];
  for (let i = 0n; i < 64n; i++) {
    const bit = 1n << i;
    if ((mask & bit) !== 0n) found.push(names.get(bit) ?? `BIT_${i}`);
  }
  return found;
}

/** Bits without a name. */
const UNNAMED_BITS = Object.values(BITS).reduce((rest, bit) => rest & ~bit, ALL_BITS);

/** The same as words for people: all bits are called just that, and so are all those that were not held before. */
export function describeMask(mask: bigint): string {
  if (mask === ALL_BITS) return 'every permission';
  if ((mask & UNNAMED_BITS) === UNNAMED_BITS) return 'every other permission';
  return mask === 0n ? 'nothing' : permissionNames(mask).join(', ');
}
