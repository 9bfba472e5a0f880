import { KIND_OF_CREATE, type ModelEvent, serverPart, type View } from './event.ts';
import { shapeFault } from './shapes.ts';
import { admission, entries, isPlain, owner } from './standing.ts';

type Entry = readonly [type: string, stateKey: string];

/** AUTH-10: the IDs that `auth_events` must hold, sorted. */
export function selection(e: ModelEvent, v: View): string[] {
  if (e.type in KIND_OF_CREATE || v.create === undefined) return [];
  const ids = new Set<string>();
  for (const [type, stateKey] of [...signing(v, e.sender), ...byType(e, v)]) {
    const id = v.get(type, stateKey)?.id;
    if (id !== undefined) ids.add(id);
  }
  return [...ids].sort((a, b) => (a < b ? -1 : 1));
}

function ownAdmission(v: View, user: string): Entry[] {
  return serverPart(user) === serverPart(owner(v)) ? [] : [['m.server.admission', serverPart(user)]];
}

/** AUTH-10.2 */
function signing(v: View, user: string): Entry[] {
  const a = admission(v, serverPart(user));
  return a === undefined ? [] : [...ownAdmission(v, user), ['m.server.keys', a.root]];
}

/** AUTH-10.3 */
function standing(v: View, user: string): Entry[] {
  const authority: Entry[] = isPlain(v)
    ? [['m.room.power_levels', '']]
    : [
        ['m.guild.authority', ''],
        ['m.guild.member_roles', user],
      ];
  return [['m.room.member', user], ...ownAdmission(v, user), ...authority];
}

function byType(e: ModelEvent, v: View): Entry[] {
  const key = e.stateKey ?? '';
  switch (e.type) {
    case 'm.room.merge':
    case 'm.server.keys':
      return [];
    case 'm.room.member':
      return byMembership(e, v);
    case 'm.server.admission':
      return [...standing(v, e.sender), ['m.server.admission', key]];
    case 'm.guild.member_roles':
      return [...standing(v, e.sender), ...(isPlain(v) ? [] : standing(v, key))];
    case 'm.guild.channel':
      return [...standing(v, e.sender), ['m.guild.channel', key], ['m.channel.overwrites', key]];
    case 'm.channel.overwrites':
      return [...standing(v, e.sender), ['m.guild.channel', key], ['m.channel.overwrites', key], ...changedMember(e, v)];
    default:
      return standing(v, e.sender);
  }
}

/** AUTH-10.4 */
function changedMember(e: ModelEvent, v: View): Entry[] {
  if (shapeFault(e) !== null) return [];
  const before = entries(v.get('m.channel.overwrites', e.stateKey ?? ''));
  const after = entries(e);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [a, b] = [before.get(name), after.get(name)];
    return name.startsWith('member ') && (a?.allow !== b?.allow || a?.deny !== b?.deny || a?.stay !== b?.stay);
  });
  const [only, ...more] = changed;
  return only === undefined || more.length > 0 ? [] : standing(v, only.slice('member '.length));
}

/** AUTH-10.5 */
function byMembership(e: ModelEvent, v: View): Entry[] {
  if (shapeFault(e) !== null) return [];
  const { membership, join_authorised_via: via } = e.content;
  if (membership === 'join')
    return [
      ['m.room.member', e.sender],
      ['m.room.join_rules', ''],
      ...(typeof via === 'string' ? [...standing(v, via), ...signing(v, via)] : []),
    ];
  if (membership === 'leave' && e.sender === e.stateKey) return [['m.room.member', e.sender]];
  return [...standing(v, e.sender), ...standing(v, e.stateKey ?? '')];
}
