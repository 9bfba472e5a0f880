import { TYPES } from '../auth/event-types.ts';
import { serverKeys } from '../auth/servers.ts';
import { serverOf } from '../identifiers.ts';
import { utf16Compare } from '../json/utf8-order.ts';
import type { StateMap } from '../state/state-map.ts';
import type { Internals } from './internals.ts';
import { askedView } from './kept-views.ts';
import { type Receivers, receiversAt, receiversNow } from './receivers.ts';

/** How much of an event a server may have. */
export type Serving = 'whole' | 'redacted' | 'no';

/**
 * Servers that get this room's events, in the order of their first user whom they concern: of a guild or plain room those with a joined or invited member, of a
 * channel those with a member who has VIEW_CHANNEL there.
 */
export function serversOf(room: Internals): readonly string[] {
  const receivers = receiversNow(room);
  let list = lists.get(receivers);
  if (list === undefined) {
    list = [...receivers].sort(([, a], [, b]) => utf16Compare(a, b)).map(([server]) => server);
    lists.set(receivers, list);
  }
  return list;
}

/** What was found once never changes, and is asked for with every event. */
const lists = new WeakMap<Receivers, readonly string[]>();

/**
 * How much of an event a server may have (FED access rules): guild and plain rooms are served whole to every admitted server; a channel's events
 * whole to servers that have, or at the event had, a member who may view it, and redacted (ID and links hold) to other admitted servers.
 */
export function serving(room: Internals, eventId: string, server: string): Serving {
  if (room.matrix !== null) return joinedThere(room, server) ? 'whole' : 'no';
  if (serverKeys(askedView(room), server).length === 0) return 'no';
  if (room.guild === null || receiversNow(room).has(server)) return 'whole';
  // Whoever was a member then may be none that the present state knows of: his join may be void by now.
  const event = room.workingSet.one(eventId).event;
  return couldView(room, room.guild.resolver.at(event.guild_heads).state, server) ? 'whole' : 'redacted';
}

/** A Matrix room admits nobody: its servers are those with a joined member. */
function joinedThere(room: Internals, server: string): boolean {
  const { state } = room.resolver.at(room.extremities);
  const ids = [...state.ofType(TYPES.MEMBER)].flatMap(([user, id]) => (serverOf(user) === server ? id : []));
  return room.workingSet.all(ids).some(({ event }) => event.content['membership'] === 'join');
}

/** For each state of a guild the answers found in it: the events of a page were mostly sent at the same. States never change. */
const answers = new WeakMap<StateMap, Map<string, boolean>>();
/** Answers kept for one state. */
const MAX_ANSWERS = 1_024;

function couldView(room: Internals, then: StateMap, server: string): boolean {
  let known = answers.get(then);
  if (known === undefined) answers.set(then, (known = new Map()));
  const name = `${room.room_id} ${server}`;
  let answer = known.get(name);
  if (answer === undefined) {
    answer = receiversAt(room, then, server).has(server);
    if (known.size >= MAX_ANSWERS) known.clear();
    known.set(name, answer);
  }
  return answer;
}
