import { localpartOf, type JsonValue, type RoomEvent } from '@openguild/core';

/** What an event does, in a word or two that fit into a small box. Strangers' names are in it: it is text, never markup. */
export function titleOf({ type, state_key: key, sender, content }: Pick<RoomEvent, 'type' | 'state_key' | 'sender' | 'content'>): string {
  const who = key === undefined || key === sender ? '' : ` ${shortUser(key)}`;
  if (type === 'm.room.member') {
    const membership = word(content['membership']);
    return membership === 'leave' && who !== '' ? (Object.hasOwn(content, 'ban') ? `unban${who}` : `kick${who}`) : `${membership}${who}`;
  }
  if (type === 'm.guild.member_roles') return `roles${who || ` ${shortUser(sender)}`}`;
  if (type === 'm.server.admission') return `admit ${key ?? ''}`;
  const short = type.slice(type.lastIndexOf('.') + 1).replaceAll('_', ' ');
  return type.startsWith('m.channel.') && type !== 'm.channel.create' ? `channel ${short}` : short;
}

function shortUser(key: string): string {
  return key.startsWith('@') ? localpartOf(key) || key : key;
}

function word(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : 'member';
}
