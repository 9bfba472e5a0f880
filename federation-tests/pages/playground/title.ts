import type { NamedEvent } from './make.ts';

/** What an event does, in a word or two. */
export function titleOf({ type, state_key: key, sender, content }: NamedEvent): string {
  const target = key === undefined || key === sender ? '' : ` ${key.startsWith('@') ? key.slice(1, key.indexOf(':')) : key}`;
  if (type === 'm.room.member') {
    const membership = String(content['membership']);
    if (membership !== 'leave' || target === '') return `${membership}${target}`;
    return `${Object.hasOwn(content, 'ban') ? 'unban' : 'kick'}${target}`;
  }
  if (type === 'm.guild.member_roles') return `roles${target}`;
  if (type === 'm.server.admission') return `admit${target}`;
  return type.slice(type.lastIndexOf('.') + 1).replaceAll('_', ' ');
}
