import { authSelection, buildEvent, type EventFields, type RoomEvent, StateView } from '@openguild/core';
import { keyOf } from '../model/event.ts';
import { modelEvent } from '../model/from-event.ts';
import type { Model } from '../model/model.ts';
import type { HistoryRooms } from '../replay/history-rooms.ts';
import { type StandingFault, standingFault } from '../replay/standings.ts';
import type { Random } from '../sim/environment/random.ts';
import { NEW_CHANNEL } from '../sim/people/precise.ts';
import { ANYTHING, ORDERING, QUESTIONS, somebody } from '../sim/people/palette.ts';
import { StateNow, type Wish } from '../sim/people/state-now.ts';
import type { World } from '../sim/world.ts';
import type { Asking, Place } from './asking.ts';

/** So many acts, at most, order things otherwise, */
const [FEWEST, MOST] = [4, 14];
/** and so many are then only asked about; more where a state is known to be seen differently. */
const [ASKED, ASKED_ABOUT_FAULT] = [30, 1_000];

/** After each act it is asked what these many may do. */
const ASKED_OF = 3;

/** What a supposition is made of. */
export interface Ground {
  readonly world: World;
  readonly random: Random;
  readonly asking: Asking;
  readonly engine: HistoryRooms;
  readonly model: Model;
  /** Accepted events of each room, the create event first. */
  readonly accepted: ReadonlyMap<string, readonly RoomEvent[]>;
  readonly users: readonly string[];
}

/** What shows a difference. */
export interface Supposed {
  /** In the order in which they are to be made; none: there is no difference. */
  readonly events: readonly RoomEvent[];
  /** What engine and model say differently of the state after them, if nothing was found that anybody might do by it. */
  readonly fault: StandingFault | null;
}

const NOTHING: Supposed = { events: [], fault: null };

/**
 * What if, after some event, the owner and others went on to change roles, grants, entries of channels, ceilings, memberships? None of it is made: each is only put into
 * the state of which engine and model are asked what anybody may do by it, so that they are asked about far more states than any network brings about.
 */
export function suppose(ground: Ground): Supposed {
  const { world, random, asking, users, accepted } = ground;
  const known = accepted.get(world.mainRoom) ?? [];
  if (known.length === 0) return NOTHING;
  const at = random.pick(known.slice(random.chance(0.7) ? -10 : 0));
  const ordered: RoomEvent[] = [];
  let place = placeAfter(ground, at, ordered);
  const acts = random.between(FEWEST, MOST);
  // Some are refused.
  for (let tries = 2 * acts; tries > 0 && ordered.length < acts; tries--) {
    const who = random.chance(0.7) ? (users[0] ?? '') : somebody(random, place.now, users);
    const wish = asking.drawn(who, place.now, place.view, ORDERING[world.shape.kind]);
    if (wish?.roomId !== world.mainRoom) continue;
    const answer = asking.answer(wish, place);
    const event = answer === 'refused' ? undefined : made(ground, wish, place, at);
    if (event === undefined) continue;
    ordered.push(event);
    if (answer === 'odd') return { events: ordered, fault: null };
    place = placeAfter(ground, at, ordered);
    const differs = differing(ground, place, random.shuffled(users).slice(0, ASKED_OF));
    if (differs !== null)
      return { events: [...ordered, ...shown(ground, place, at, ASKED_ABOUT_FAULT, differs.user)], fault: differs.fault };
  }
  const shows = shown(ground, place, at, ASKED);
  return shows.length === 0 ? NOTHING : { events: [...ordered, ...shows], fault: null };
}

/** The first of some users of whom engine and model say something different. */
function differing(
  { world }: Ground,
  { view, own }: Place,
  users: readonly string[],
): { readonly user: string; readonly fault: StandingFault } | null {
  for (const user of users) {
    const fault = standingFault(view, own, user, world.channels);
    if (fault !== null) return { user, fault };
  }
  return null;
}

/** Something that might be done, of which engine and model think differently, if there is any; if a user is given, by him. */
function shown(ground: Ground, place: Place & { readonly now: StateNow }, at: RoomEvent, asked: number, user?: string): RoomEvent[] {
  const { world, random, asking, users } = ground;
  for (let left = asked; left > 0; left--) {
    const who = user ?? somebody(random, place.now, users);
    const wish = asking.drawn(who, place.now, place.view, random.chance(0.5) ? QUESTIONS[world.shape.kind] : ANYTHING);
    if (wish === null || asking.answer(wish, place) !== 'odd') continue;
    const event = made(ground, wish, place, at);
    if (event !== undefined) return [event];
  }
  return [];
}

/** The state after an event, with what was ordered since. */
function placeAfter(
  { world, engine, model, accepted }: Ground,
  { event_id: id }: RoomEvent,
  ordered: readonly RoomEvent[],
): Place & { readonly now: StateNow } {
  const { mainRoom } = world;
  const state = engine.ask(mainRoom, (room) => room.stateAfter([id]));
  const now = new StateNow([...[...state.ids()].flatMap((one) => engine.stored(one)?.event ?? []), ...ordered]);
  const put = ordered.map(
    (event) => [keyOf(event.type, event.state_key ?? ''), modelEvent(event, (check) => world.isSigned(check))] as const,
  );
  return {
    heads: [ordered.at(-1)?.event_id ?? id],
    now,
    view: new StateView((type, stateKey) => now.get(type, stateKey), accepted.get(mainRoom)?.[0]),
    own: model.viewAt(mainRoom, [id]).with(new Map(put)),
  };
}

/** The event at this place. Undefined if its content cannot be written, or if its channel is not there yet. */
function made(
  { world, random, engine, model, accepted }: Ground,
  { roomId, draft, signers }: Wish,
  place: Place,
  at: RoomEvent,
): RoomEvent | undefined {
  const { mainRoom, shape, scheduler } = world;
  const build = (more: Pick<EventFields, 'prev_events' | 'auth_events' | 'guild_heads'>): RoomEvent | undefined =>
    built(() =>
      buildEvent(
        { ...draft, ...(roomId === NEW_CHANNEL ? {} : { room_id: roomId }), origin_ts: scheduler.now + random.int(1_000), ...more },
        engine.version,
        signers,
      ),
    );
  if (roomId === NEW_CHANNEL) return build({ prev_events: [], guild_heads: place.heads });
  if (roomId === mainRoom) {
    const sketch = build({ prev_events: place.heads, auth_events: [] });
    return sketch && build({ prev_events: place.heads, auth_events: selected(sketch, place.view, shape.kind) });
  }
  const past = model.past([at.event_id]);
  const last = accepted.get(roomId)?.findLast((event) => event.guild_heads.every((id) => past.has(id)));
  return last && build({ prev_events: [last.event_id], guild_heads: place.heads });
}

/** Nothing where the engine breaks down over the question, as it then will over the event. */
function selected(event: RoomEvent, view: StateView, kind: 'guild' | 'plain'): readonly string[] {
  try {
    return authSelection(event, view, kind);
  } catch {
    return [];
  }
}

/** Undefined: its content cannot be written at all. */
export function built(make: () => RoomEvent): RoomEvent | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
