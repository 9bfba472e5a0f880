import { membershipOf } from '../auth/members.ts';
import { effectivePermissions } from '../auth/permissions.ts';
import { serverKeys } from '../auth/servers.ts';
import { BITS } from '../auth/permission-bits.ts';
import type { StateView } from '../auth/state-view.ts';
import { serverOf } from '../identifiers.ts';
import type { StateMap } from '../state/state-map.ts';
import { governingView, type Internals, viewOf } from './internals.ts';

const MEMBER = 'm.room.member';

/** How much of an event a server may have. */
export type Serving = 'whole' | 'redacted' | 'no';

/** For each state of a guild (or plain room) the answers found in it. States are shared and immutable, so an answer holds as long as its state. */
const answers = new WeakMap<StateMap, Map<string, readonly string[]>>();

/**
 * Servers that get this room's events, in the order of their first member: of a guild or plain room those with a joined or invited member, of a
 * channel those with a member who has VIEW_CHANNEL there. O(members) once for each state of the guild, then O(1).
 */
export function serversOf(room: Internals): readonly string[] {
  const governor = room.guild ?? room;
  const { state } = governor.resolver.at(governor.extremities);
  const known = answers.get(state)?.get(room.room_id);
  if (known !== undefined) return known;
  const view = viewOf(governor, state);
  governor.workingSet.all([...state.ofType(MEMBER)].map(([, eventId]) => eventId));
  const servers = new Set<string>();
  for (const [user] of state.ofType(MEMBER)) {
    const server = serverOf(user);
    if (!servers.has(server) && receives(room, view, user)) servers.add(server);
  }
  const found = [...servers];
  answers.set(state, (answers.get(state) ?? new Map<string, readonly string[]>()).set(room.room_id, found));
  return found;
}

/** Whether events of this room concern this user. */
function receives(room: Internals, view: StateView, user: string): boolean {
  const membership = membershipOf(view, user);
  if (room.guild === null) return membership === 'join' || membership === 'invite';
  return membership === 'join' && canView(room, view, user);
}

function canView(room: Internals, view: StateView, user: string): boolean {
  return (effectivePermissions(view, user, room.room_id).bits & BITS.VIEW_CHANNEL) !== 0n;
}

/**
 * How much of an event a server may have (FED access rules): guild and plain rooms are served whole to every admitted server; a channel's events
 * whole to servers that have, or at the event had, a member who may view it, and redacted (ID and links hold) to other admitted servers.
 */
export function serving(room: Internals, eventId: string, server: string): Serving {
  const now = governingView(room);
  if (serverKeys(now, server).length === 0) return 'no';
  if (room.guild === null) return 'whole';
  const { guild } = room;
  const hasViewer = (state: StateMap, view: StateView): boolean =>
    usersOf(state, server).some((user) => membershipOf(view, user) === 'join' && canView(room, view, user));
  if (hasViewer(guild.resolver.at(guild.extremities).state, now)) return 'whole';
  // Whoever was a member then may be none that the present state knows of: his join may be void by now.
  const { state } = guild.resolver.at(room.workingSet.one(eventId).event.guild_heads);
  return hasViewer(state, viewOf(guild, state)) ? 'whole' : 'redacted';
}

function usersOf(state: StateMap, server: string): string[] {
  return [...state.ofType(MEMBER)].map(([user]) => user).filter((user) => serverOf(user) === server);
}
