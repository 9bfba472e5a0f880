import { BIT, type ModelEvent, serverPart, type View } from './event.ts';
import { shapeFault } from './shapes.ts';
import { actingRank, admission, bits, guildBits, isPlain, keysOf, level, membership, owner, rank, stay } from './standing.ts';

/** AUTH-6.7 */
export function joinedFault(e: ModelEvent, v: View): string | null {
  return membership(v, e.sender) === 'join' ? null : 'AUTH-6.7';
}

/** AUTH-6 */
export function memberRule(e: ModelEvent, v: View): string | null {
  const shape = shapeFault(e);
  if (shape !== null) return shape;
  switch (e.content['membership']) {
    case 'join':
      return join(e, v);
    case 'invite':
      return invite(e, v);
    case 'ban':
      return actOn(e, v, 'ban');
    default:
      return e.sender === e.stateKey ? leave(e, v) : remove(e, v);
  }
}

function leave(e: ModelEvent, v: View): string | null {
  return ['join', 'invite'].includes(membership(v, e.sender)) ? null : 'AUTH-6.1';
}

function join(e: ModelEvent, v: View): string | null {
  if (e.sender !== e.stateKey) return 'AUTH-6.2';
  const admitted = admission(v, serverPart(e.sender));
  if (admitted === undefined || e.content['root'] !== admitted.root) return 'AUTH-6.3';
  const now = membership(v, e.sender);
  if (now === 'ban') return 'AUTH-6.4';
  if (e.content['stay'] !== undefined) return now === 'join' && e.content['stay'] === stay(v, e.sender) ? null : 'AUTH-6.5';
  if (e.sender === owner(v) || now === 'join' || now === 'invite') return null;
  if (v.get('m.room.join_rules')?.content['join_rule'] === 'public') return null;
  const via = e.content['join_authorised_via'];
  return typeof via === 'string' && vouches(e, v, via) ? null : 'AUTH-6.6';
}

function vouches(e: ModelEvent, v: View, via: string): boolean {
  if (membership(v, via) !== 'join') return false;
  const keys = keysOf(v, serverPart(via));
  if (!e.signedBy.slice(1).some((key) => keys.includes(key))) return false;
  return isPlain(v) ? rank(v, via) >= level(v, 'invite') : (guildBits(v, via, false) & BIT.createInvite) !== 0n;
}

/** A kick or an unban. */
function remove(e: ModelEvent, v: View): string | null {
  const target = e.stateKey ?? '';
  const now = membership(v, target);
  if (now === 'leave') return 'AUTH-6.8';
  const fault = actOn(e, v, now === 'ban' ? 'ban' : 'kick');
  if (fault !== null) return fault;
  return e.content['ban'] === (now === 'ban' ? v.get('m.room.member', target)?.id : undefined) ? null : 'AUTH-6.12';
}

function actOn(e: ModelEvent, v: View, power: 'kick' | 'ban'): string | null {
  const absent = joinedFault(e, v);
  if (absent !== null) return absent;
  const may = isPlain(v) ? actingRank(v, e) >= level(v, power) : (bits(v, e) & BIT[power]) !== 0n;
  if (!may) return power === 'kick' ? 'AUTH-6.9' : 'AUTH-6.10';
  return rank(v, e.stateKey ?? '') < actingRank(v, e) ? null : 'AUTH-6.11';
}

function invite(e: ModelEvent, v: View): string | null {
  const absent = joinedFault(e, v);
  if (absent !== null) return absent;
  const may = isPlain(v) ? actingRank(v, e) >= level(v, 'invite') : (bits(v, e) & BIT.createInvite) !== 0n;
  if (!may) return 'AUTH-6.13';
  return ['join', 'ban'].includes(membership(v, e.stateKey ?? '')) ? 'AUTH-6.14' : null;
}
