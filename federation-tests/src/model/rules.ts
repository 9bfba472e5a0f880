import { BIT, isBare, type Kind, KIND_OF_CREATE, type ModelEvent, serverPart, type View } from './event.ts';
import { guildRule } from './rules-guild.ts';
import { joinedFault } from './rules-member.ts';
import { plainRule } from './rules-plain.ts';
import { shapeFault } from './shapes.ts';
import { bits, keysOf, listed } from './standing.ts';

/** The first rule that an event breaks in a state, in the order in which AUTH names them; null if it may stand. */
export function authorize(e: ModelEvent, v: View, kind: Kind): string | null {
  if (e.type in KIND_OF_CREATE && kind !== 'channel') return createRule(e, v);
  if (v.create === undefined) return 'AUTH-1.1';
  if (!keysOf(v, serverPart(e.sender)).includes(e.signedBy[0] ?? '')) return 'AUTH-1.4';
  if (isBare(e.sender) !== (e.type === 'm.room.merge' || e.type === 'm.server.keys')) return 'AUTH-1.5';
  return { guild: guildRule, channel: channelRule, plain: plainRule }[kind](e, v);
}

function createRule(e: ModelEvent, v: View): string | null {
  if (v.create !== undefined || e.prev.length > 0) return 'AUTH-1.2';
  if (isBare(e.sender)) return 'AUTH-1.5';
  const shape = shapeFault(e);
  if (shape !== null) return shape;
  if (!(e.content['keys'] as string[]).includes(e.signedBy[0] ?? '')) return 'AUTH-1.4';
  const key = e.content['owner_key'];
  return key !== undefined && !e.signedBy.includes(key as string) ? 'AUTH-1.3' : null;
}

/** AUTH-1.6, AUTH-8.2: type -> is it state, and what it needs. */
const CHANNEL_TYPES: Readonly<Record<string, readonly [state: boolean, needs: bigint]>> = {
  'm.room.message': [false, BIT.send],
  'm.reaction': [false, BIT.send],
  'm.room.redaction': [false, BIT.send],
  'm.channel.pins': [true, BIT.manageMessages],
  'm.channel.name': [true, BIT.manageChannels],
  'm.channel.topic': [true, BIT.manageChannels],
};

/** Judged by the guild's state at the guild heads. */
function channelRule(e: ModelEvent, v: View): string | null {
  if (e.type === 'm.channel.create') {
    const shape = shapeFault(e);
    if (shape !== null) return shape;
    if (e.content['guild'] !== v.create?.room) return 'AUTH-1.7';
    return joinedFault(e, v) ?? ((bits(v, e) & BIT.manageChannels) === 0n ? 'AUTH-7.11' : null);
  }
  if (!listed(v, e.room)) return 'AUTH-7.9';
  if (e.type === 'm.room.merge') return e.stateKey === undefined ? null : 'AUTH-1.6';
  const known = Object.hasOwn(CHANNEL_TYPES, e.type) ? CHANNEL_TYPES[e.type] : undefined;
  if (known === undefined || e.stateKey !== (known[0] ? '' : undefined)) return 'AUTH-1.6';
  const absent = joinedFault(e, v);
  if (absent !== null) return absent;
  const mine = bits(v, e, e.room);
  if ((mine & BIT.view) === 0n) return 'AUTH-8.1';
  return (mine & known[1]) === 0n ? 'AUTH-8.2' : null;
}
