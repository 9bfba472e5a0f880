import { causally, regionOf } from '../dag/region.ts';
import { ask } from '../room/ask.ts';
import type { Explanation } from '../room/explain.ts';
import type { Room } from '../room/room.ts';
import type { Ask, StoredEvent } from '../room/types.ts';
import { Lacking } from '../room/working-set.ts';
import type { Conflict, DrawnEvent } from './conflict.ts';
import { entryFates, type FateOf } from './entry-fates.ts';
import { entryTitle, eventTitle } from './event-title.ts';

/** A part of a graph with at most so many events is drawn whole. */
const DRAWN_WHOLE = 14;
/** More events than this, nobody reads: those nearest to the decision stay. */
const MAX_DRAWN = 40;
/** How far back other events of an entry are looked for, and how many are asked about. */
const SEARCHED = 400;
const ASKED = 8;

const NO_FATE: FateOf = { fate: 'other', status: '', reason: null };

/**
 * The part of a room's graph in which the fate of one event was decided, with the winner and why each loser lost. Where nothing competed with it:
 * the event, what it follows, and what replaced it or refused it. Needs what `Room.explain` needs, and the events of that part.
 */
export function conflictOf(room: Room, eventId: string): Ask<Conflict> {
  return ask(() => {
    const explanation = got(room.explain(eventId));
    const decided = decision(room, explanation);
    return decided === null ? unopposed(room, explanation) : merge(room, eventId, decided);
  });
}

/** The value of another question, inside of one. */
function got<T>(answer: Ask<T>): T {
  if (answer.needs !== null) throw new Lacking(answer.needs);
  return answer.value;
}

function isRanked({ version }: Room): boolean {
  return version.resolution === 'hierarchical';
}

function sourceOf(room: Room): { all(ids: readonly string[]): StoredEvent[] } {
  return { all: (ids) => ids.map((id) => got(room.event(id))) };
}

/** An explanation that names the merge in which the event won or lost. */
function decision(room: Room, explanation: Explanation): Explanation | null {
  const { effect, event_id, type, state_key } = explanation;
  if (effect === null) return null;
  if (effect.decided_at !== null) return explanation;
  if (!effect.in_force) return null;
  const rivals = got(room.dag(SEARCHED)).filter((node) => node.type === type && node.state_key === state_key && node.event_id !== event_id);
  for (const rival of rivals.slice(-ASKED).reverse()) {
    const other = got(room.explain(rival.event_id));
    const trace = other.effect?.trace ?? null;
    if (trace !== null && entryFates(trace).has(event_id)) return other;
  }
  return null;
}

function merge(room: Room, subject: string, explanation: Explanation): Conflict {
  const effect = explanation.effect as NonNullable<Explanation['effect']>;
  const heads = effect.decided_at as readonly string[];
  const fates = effect.trace === null ? new Map<string, FateOf>() : entryFates(effect.trace);
  const source = sourceOf(room);
  const { cut, events } = regionOf(heads, source);
  const [type, key] = [explanation.type, explanation.state_key ?? ''];
  const holder = got(room.stateAfter(heads)).get(type, key);
  const region = [cut, ...events];
  const inside = new Set(region.map((stored) => stored.event.event_id));
  if (holder !== undefined && !inside.has(holder)) region.unshift(...source.all([holder]));
  if (holder !== undefined && fates.get(holder)?.fate !== 'winner')
    fates.set(holder, { fate: 'winner', status: 'in force', reason: { rule: 'RES-7', text: 'nothing that came later stands' } });
  const drawn = chosen(region, new Set([...fates.keys(), ...heads, cut.event.event_id, subject]), heads);
  const winner = holder === undefined ? 'nothing' : eventTitle((source.all([holder])[0] as StoredEvent).event);
  return {
    room_id: room.room_id,
    ranked: isRanked(room),
    title: entryTitle(type, key),
    events: linked(region, drawn).map(([stored, after]) => drawnEvent(stored, fates.get(stored.event.event_id) ?? NO_FATE, subject, after)),
    merged: { heads: heads.filter((id) => drawn.has(id)), event_id: holder ?? null, text: winner },
    omitted: region.length - drawn.size,
  };
}

/** Nothing was decided by a merge: the event itself, what it follows, and what holds its entry now. */
function unopposed(room: Room, explanation: Explanation): Conflict {
  const { event_id, type, state_key, effect } = explanation;
  const source = sourceOf(room);
  const [stored] = source.all([event_id]) as [StoredEvent];
  const fates = new Map<string, FateOf>([[event_id, fateAlone(explanation)]]);
  const around = [...source.all(stored.event.prev_events), stored];
  const holder = effect?.holder ?? null;
  if (holder !== null && !around.some((one) => one.event.event_id === holder)) around.push(...source.all([holder]));
  if (holder !== null && holder !== event_id) fates.set(holder, { fate: 'winner', status: 'in force', reason: null });
  const drawn = new Set(around.map((one) => one.event.event_id));
  const events = linked(around.sort(causally), drawn).map(([one, after]) => {
    const follows = one.event.event_id === holder && after.length === 0 && one.depth > stored.depth;
    const links = follows ? [{ event_id, between: true }] : after;
    return drawnEvent(one, fates.get(one.event.event_id) ?? NO_FATE, event_id, links);
  });
  const title = state_key === null ? eventTitle(stored.event) : entryTitle(type, state_key);
  return { room_id: room.room_id, ranked: isRanked(room), title, events, merged: null, omitted: 0 };
}

function fateAlone({ verdict, fault, soft_failed, effect }: Explanation): FateOf {
  const reason = fault === null ? null : { rule: fault.rule, text: fault.detail };
  if (verdict === 'rejected') return { fate: 'loser', status: 'rejected', reason };
  if (soft_failed) return { fate: 'loser', status: 'soft-failed', reason };
  if (effect === null) return { fate: 'other', status: 'accepted', reason: null };
  if (effect.in_force) return { fate: 'winner', status: 'in force', reason: null };
  return {
    fate: 'loser',
    status: effect.void ? 'void' : 'replaced',
    reason: { rule: 'RES-3', text: 'a later event of the entry follows it' },
  };
}

/** What is drawn: everything, if it is little; else what matters, and of that what is nearest to the heads. */
function chosen(region: readonly StoredEvent[], matters: ReadonlySet<string>, heads: readonly string[]): ReadonlySet<string> {
  const ids = region.map((stored) => stored.event.event_id);
  if (ids.length <= DRAWN_WHOLE) return new Set(ids);
  const wanted = ids.filter((id) => matters.has(id));
  if (wanted.length <= MAX_DRAWN) return new Set(wanted);
  const [first] = wanted;
  return new Set([...(first === undefined ? [] : [first]), ...heads.slice(0, MAX_DRAWN / 2), ...wanted.slice(-MAX_DRAWN / 2)]);
}

type Linked = readonly [stored: StoredEvent, after: DrawnEvent['after']];

/** The drawn events in causal order, each with the nearest drawn ones that it follows: none of these follows another of them. */
function linked(region: readonly StoredEvent[], drawn: ReadonlySet<string>): Linked[] {
  /** Of every event: the drawn ones at or before it that are nearest, and for the drawn, all drawn ones before it. */
  const nearest = new Map<string, ReadonlySet<string>>();
  const before = new Map<string, ReadonlySet<string>>();
  const out: Linked[] = [];
  for (const stored of region) {
    const { event_id, prev_events } = stored.event;
    const found = new Set(prev_events.flatMap((id) => [...(nearest.get(id) ?? [])]));
    const covered = new Set([...found].flatMap((id) => [...(before.get(id) ?? [])]));
    const least = [...found].filter((id) => !covered.has(id));
    if (!drawn.has(event_id)) {
      nearest.set(event_id, new Set(least));
      continue;
    }
    nearest.set(event_id, new Set([event_id]));
    before.set(event_id, new Set([...least, ...covered]));
    out.push([stored, least.map((id) => ({ event_id: id, between: !prev_events.includes(id) }))]);
  }
  return bound(out);
}

/** An event from before the cut, drawn because it holds the entry, has the cut after it: with whatever lies between. */
function bound(events: Linked[]): Linked[] {
  const [first, second] = events;
  if (first === undefined || second === undefined || second[1].length > 0 || second[0].depth <= first[0].depth) return events;
  const { event_id } = first[0].event;
  const between = !second[0].event.prev_events.includes(event_id);
  return [first, [second[0], [{ event_id, between }]], ...events.slice(2)];
}

function drawnEvent(
  { event, rank }: StoredEvent,
  { fate, status, reason }: FateOf,
  subject: string,
  after: DrawnEvent['after'],
): DrawnEvent {
  return {
    event_id: event.event_id,
    title: eventTitle(event),
    sender: event.sender,
    rank,
    fate,
    status,
    reason,
    subject: event.event_id === subject,
    after,
  };
}
