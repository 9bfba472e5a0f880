import type { RoomEvent } from '../event/types.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';

const MEMBERSHIP: Readonly<Record<string, string>> = { ban: 'ban', invite: 'invitation', join: 'join', knock: 'knock', leave: 'leave' };

/** Types whose one text tells their events apart, and where it is. */
const TEXT_OF: Readonly<Record<string, string>> = {
  'm.room.name': 'name',
  'm.guild.name': 'name',
  'm.channel.name': 'name',
  'm.room.topic': 'topic',
  'm.channel.topic': 'topic',
  'm.room.join_rules': 'join_rule',
};

/** What an event does, in a few words. Memberships and roles are what people ask about most; all else is named by its type. */
export function eventTitle({ type, state_key: key, content, sender }: RoomEvent): string {
  switch (type) {
    case 'm.room.member':
      return membershipTitle(content['membership'], key ?? '', sender);
    case 'm.guild.member_roles':
      return `${key} has ${rolesText(content['roles'])}`;
    case 'm.room.merge':
      return 'merge';
    default:
      return `${key === undefined || key === '' ? type : `${type} [${key}]`}${textOf(type, content)}`;
  }
}

function textOf(type: string, content: JsonObject): string {
  const field = Object.hasOwn(TEXT_OF, type) ? (TEXT_OF[type] as string) : undefined;
  const text = field !== undefined && Object.hasOwn(content, field) ? content[field] : undefined;
  return typeof text === 'string' ? `: ${text}` : '';
}

/** The name of an entry of a state. */
export function entryTitle(type: string, stateKey: string): string {
  if (type === 'm.room.member') return `membership of ${stateKey}`;
  if (type === 'm.guild.member_roles') return `roles of ${stateKey}`;
  return stateKey === '' ? type : `${type} [${stateKey}]`;
}

function membershipTitle(membership: JsonValue | undefined, user: string, sender: string): string {
  const word = typeof membership === 'string' && Object.hasOwn(MEMBERSHIP, membership) ? (MEMBERSHIP[membership] as string) : 'membership';
  return membership === 'leave' && user !== sender ? `kick of ${user}` : `${word} of ${user}`;
}

function rolesText(roles: JsonValue | undefined): string {
  if (!Array.isArray(roles) || roles.length === 0) return 'no roles';
  const names = roles.filter((role) => typeof role === 'string');
  return names.length === 1 ? `the role ${names[0]}` : `the roles ${names.join(', ')}`;
}
