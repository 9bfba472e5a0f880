import type { ModelEvent, View } from './event.ts';
import { names } from './rules-guild.ts';
import { joinedFault, memberRule } from './rules-member.ts';
import { admissionRule, keysRule } from './rules-servers.ts';
import { ACT_LEVELS, shapeFault } from './shapes.ts';
import { actingRank, level, owner } from './standing.ts';

const ONLY_STATE = ['m.room.member', 'm.server.keys', 'm.server.admission', 'm.room.power_levels', 'm.room.join_rules'];

/** AUTH-9 */
export function plainRule(e: ModelEvent, v: View): string | null {
  if (e.type.startsWith('m.guild.') || e.type.startsWith('m.channel.')) return 'AUTH-1.6';
  if (e.type === 'm.room.merge') return e.stateKey === undefined ? null : 'AUTH-1.6';
  if (ONLY_STATE.includes(e.type) && e.stateKey === undefined) return 'AUTH-1.6';
  if (e.type === 'm.room.member') return memberRule(e, v);
  if (e.type === 'm.server.keys') return keysRule(e, v);
  const absent = joinedFault(e, v);
  if (absent !== null) return absent;
  if (e.type === 'm.server.admission') return admissionRule(e, v);
  const types = v.get('m.room.power_levels')?.content['events'] as Record<string, number> | undefined;
  const needed =
    types !== undefined && Object.hasOwn(types, e.type)
      ? (types[e.type] as number)
      : level(v, e.stateKey === undefined ? 'events_default' : 'state_default');
  if (actingRank(v, e) < needed) return 'AUTH-9.1';
  if (e.stateKey?.startsWith('@') === true && e.stateKey !== e.sender) return 'AUTH-9.2';
  if (['m.room.power_levels', 'm.room.join_rules'].includes(e.type) && e.stateKey !== '') return 'AUTH-3.12';
  if (e.type === 'm.room.join_rules') return shapeFault(e);
  return e.type === 'm.room.power_levels' ? powerLevels(e, v) : null;
}

function powerLevels(e: ModelEvent, v: View): string | null {
  const shape = shapeFault(e);
  if (shape !== null) return shape;
  const table = (c: ModelEvent | undefined, name: string): Map<string, number> =>
    new Map(Object.entries((c?.content[name] ?? {}) as Record<string, number>));
  if (table(e, 'users').has(owner(v))) return 'AUTH-9.3';
  const now = v.get('m.room.power_levels');
  if (now === undefined) return null;
  const mine = actingRank(v, e);
  const above = (a: number | undefined, b: number | undefined): boolean => a !== b && Math.max(a ?? -Infinity, b ?? -Infinity) > mine;
  for (const act of Object.keys(ACT_LEVELS))
    if (above(level(v, act), (e.content[act] as number | undefined) ?? ACT_LEVELS[act])) return 'AUTH-9.4';
  const [oldTypes, newTypes] = [table(now, 'events'), table(e, 'events')];
  for (const type of names(oldTypes, newTypes)) if (above(oldTypes.get(type), newTypes.get(type))) return 'AUTH-9.4';
  const [oldUsers, newUsers] = [table(now, 'users'), table(e, 'users')];
  for (const user of names(oldUsers, newUsers)) {
    const [a, b] = [oldUsers.get(user), newUsers.get(user)];
    if (above(a, b)) return 'AUTH-9.4';
    if (a !== b && user !== e.sender && a !== undefined && a >= mine) return 'AUTH-9.5';
  }
  return null;
}
