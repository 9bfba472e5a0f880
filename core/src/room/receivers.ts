import { TYPES } from '../auth/event-types.ts';
import { membershipOf } from '../auth/members.ts';
import { effectivePermissions } from '../auth/permissions.ts';
import { BITS } from '../auth/permission-bits.ts';
import type { StateView } from '../auth/state-view.ts';
import { serverOf } from '../identifiers.ts';
import { utf16Compare } from '../json/utf8-order.ts';
import type { StateMap } from '../state/state-map.ts';
import { type Internals, viewOf } from './internals.ts';
import { MAX_COMPARED } from './kept-views.ts';
import type { StateChange } from './types.ts';
import type { WorkingSet } from './working-set.ts';

/** Of each server that gets a room's events its first user, in the order of the state, whom they concern. */
export type Receivers = ReadonlyMap<string, string>;

/** Members whose events are asked for at once at first; each time twice as many, so that few rounds load what must be read and little else. */
const FIRST_CHUNK = 64;

/** Memberships of Matrix rooms whose servers get the room's events: what AUTH-4.4 asks of roots is not asked there. */
const MATRIX_RECEIVE: ReadonlySet<unknown> = new Set(['join', 'invite']);

/** The last answer of each room, since most guild events concern one member. */
const kept = new WeakMap<WorkingSet, { readonly state: StateMap; readonly receivers: Receivers }>();

/**
 * By a state of the governor, the room's guild or itself: of a guild or plain room servers with a joined or invited member, of a channel those with a member
 * who has VIEW_CHANNEL there. The present state is asked about again and again, so what follows from the last answer is not worked out anew.
 */
export function receiversNow(room: Internals): Receivers {
  const governor = room.guild ?? room;
  const { state } = governor.resolver.at(governor.extremities);
  const last = kept.get(room.workingSet);
  if (last?.state === state) return last.receivers;
  const changes = last?.state.changesWithin(MAX_COMPARED, state) ?? null;
  const receivers =
    last === undefined || changes === null || changes.some((change) => concernsEverybody(room, change))
      ? receiversAt(room, state)
      : changed(room, state, last.receivers, changes);
  kept.set(room.workingSet, { state, receivers });
  return receivers;
}

/** What one user may do is read from his own membership and roles, and from entries of these types (AUTH-4.4 to 4.7, 4.16, 4.18). */
function concernsEverybody(room: Internals, [type, stateKey]: StateChange): boolean {
  return (
    type === TYPES.AUTHORITY ||
    type === TYPES.ADMISSION ||
    type === TYPES.CREATE_GUILD ||
    type === TYPES.CREATE_PLAIN ||
    (type === TYPES.OVERWRITES && stateKey === room.room_id)
  );
}

/** The same, worked out from the state alone. Reads no more of each server's members than the first whom the events concern. */
export function receiversAt(room: Internals, state: StateMap, onlyServer?: string): Receivers {
  const view = viewOf(room.guild ?? room, state);
  const receivers = new Map<string, string>();
  const members = [...state.ofType(TYPES.MEMBER)].map(([user]) => ({ user, server: serverOf(user) }));
  let open = onlyServer === undefined ? members : members.filter(({ server }) => server === onlyServer);
  for (let size = FIRST_CHUNK; open.length > 0; size *= 2) {
    const chunk = open.slice(0, size);
    load(
      room,
      state,
      chunk.map(({ user }) => user),
    );
    for (const { user, server } of chunk) if (!receivers.has(server) && receives(room, view, user)) receivers.set(server, user);
    open = open.slice(size).filter(({ server }) => !receivers.has(server));
  }
  return receivers;
}

/** The same after changes that concern single users. */
function changed(room: Internals, state: StateMap, before: Receivers, changes: readonly StateChange[]): Receivers {
  const users = new Set(changes.flatMap(([type, stateKey]) => (type === TYPES.MEMBER || type === TYPES.GRANT ? stateKey : [])));
  if (users.size === 0) return before;
  const view = viewOf(room.guild ?? room, state);
  load(room, state, [...users]);
  const receivers = new Map(before);
  for (const user of users) {
    const server = serverOf(user);
    const first = receivers.get(server);
    if (receives(room, view, user)) {
      if (first === undefined || utf16Compare(user, first) < 0) receivers.set(server, user);
    } else if (first === user) {
      const next = receiversAt(room, state, server).get(server);
      if (next === undefined) receivers.delete(server);
      else receivers.set(server, next);
    }
  }
  return receivers;
}

/** One need brings what will be read of these users. */
function load(room: Internals, state: StateMap, users: readonly string[]): void {
  const ids = users.flatMap((user) => [state.get(TYPES.MEMBER, user) ?? [], state.get(TYPES.GRANT, user) ?? []].flat());
  (room.guild ?? room).workingSet.all(ids);
}

/** Whether events of this room concern this user. */
function receives(room: Internals, view: StateView, user: string): boolean {
  if (room.matrix !== null) return MATRIX_RECEIVE.has(view.get(TYPES.MEMBER, user)?.content['membership']);
  const membership = membershipOf(view, user);
  if (room.guild === null) return membership === 'join' || membership === 'invite';
  return membership === 'join' && (effectivePermissions(view, user, room.room_id).bits & BITS.VIEW_CHANNEL) !== 0n;
}
