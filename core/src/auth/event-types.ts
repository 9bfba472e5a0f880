import type { RoomEvent } from '../event/types.ts';

export const TYPES = {
  MEMBER: 'm.room.member',
  JOIN_RULES: 'm.room.join_rules',
  POWER_LEVELS: 'm.room.power_levels',
  MERGE: 'm.room.merge',
  ADMISSION: 'm.server.admission',
  KEYS: 'm.server.keys',
  AUTHORITY: 'm.guild.authority',
  ROLE: 'm.guild.role',
  GRANT: 'm.guild.member_roles',
  LISTING: 'm.guild.channel',
  META: 'm.guild.meta',
  SUCCESSOR: 'm.guild.successor',
  OVERWRITES: 'm.channel.overwrites',
  CREATE_GUILD: 'm.guild.create',
  CREATE_CHANNEL: 'm.channel.create',
  CREATE_PLAIN: 'm.room.create',
} as const;

const CREATES: ReadonlySet<string> = new Set([TYPES.CREATE_GUILD, TYPES.CREATE_CHANNEL, TYPES.CREATE_PLAIN]);

const CONTROL: ReadonlySet<string> = new Set([
  TYPES.AUTHORITY,
  TYPES.GRANT,
  TYPES.OVERWRITES,
  TYPES.LISTING,
  TYPES.JOIN_RULES,
  TYPES.ADMISSION,
  TYPES.KEYS,
  TYPES.POWER_LEVELS,
]);

/** AUTH-1.8: does this event begin a room? */
export function isCreate(event: RoomEvent): boolean {
  return CREATES.has(event.type);
}

/**
 * AUTH-11.1. Power events change what others may do: authority, grants, overwrites, channel listing, admissions and keys of servers, join
 * rules, power levels, and what is done to another's membership except inviting.
 */
export function isPowerEvent(event: RoomEvent): boolean {
  if (event.state_key === undefined) return false;
  if (event.type !== TYPES.MEMBER) return CONTROL.has(event.type);
  const membership = event.content['membership'];
  return event.sender !== event.state_key && (membership === 'leave' || membership === 'ban');
}
