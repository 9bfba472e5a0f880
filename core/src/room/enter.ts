import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { causally, deepestOf } from '../dag/region.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { StateMap } from '../state/state-map.ts';
import type { Internals } from './internals.ts';
import { type Judgement, softFault } from './judge.ts';
import type { Effects, Outcome, StateChange, StoredEvent } from './types.ts';
import { NO_VOIDS } from './void-delta.ts';

/** An event that was judged, and what must be written because of it. Nothing has been changed yet: `apply` does. */
export interface Entry {
  readonly outcome: Outcome;
  readonly effects: Effects;
  /** The state after the event; null if it was rejected. */
  readonly after: StateMap | null;
}

/** What becomes of an event with this judgement. */
export function entryOf(room: Internals, event: RoomEvent, judgement: Judgement): Entry {
  if (judgement.fault !== null) return rejectedEntry(room, event, judgement, judgement.fault);
  const soft = softFault(room, event);
  const { delta, base, after } = stateAfter(room, event, judgement, true);
  const stored: StoredEvent = {
    event,
    verdict: 'accepted',
    fault: soft,
    soft_failed: soft !== null,
    rank: judgement.rank,
    depth: judgement.depth,
    void_delta: judgement.before.void,
    state_base: base,
    state_delta: delta,
  };
  if (soft !== null) return { outcome: { kind: 'soft-failed', fault: soft }, effects: unseen(room, stored), after };
  return { outcome: { kind: 'accepted' }, effects: intoHistory(room, stored, after), after };
}

/** ENG-10. An event that was ahead and that this server's present state now allows, or does not allow for another reason. Null: no change. */
export function rejudgedEntry(room: Internals, stored: StoredEvent): Entry | null {
  const soft = softFault(room, stored.event);
  if (soft !== null && soft.rule === stored.fault?.rule) return null;
  const after = room.workingSet.stateAfter(stored.event.event_id);
  const again: StoredEvent = { ...stored, fault: soft, soft_failed: soft !== null };
  if (soft !== null) return { outcome: { kind: 'soft-failed', fault: soft }, effects: unseen(room, again), after };
  return { outcome: { kind: 'accepted' }, effects: intoHistory(room, again, after), after };
}

/** Puts an entry into the working set. */
export function apply(room: Internals, entry: Entry): void {
  const { effects, after } = entry;
  room.workingSet.put(effects.stored);
  room.matrix?.entered(effects.stored);
  if (after !== null) room.workingSet.setStateAfter(effects.stored.event.event_id, after);
  for (const id of effects.enters_history) {
    if (id === effects.stored.event.event_id) continue;
    const stored = room.workingSet.peek(id);
    if (stored?.soft_failed === true) room.workingSet.put({ ...stored, soft_failed: false });
  }
  if (effects.extremities !== null) room.extremities = effects.extremities;
}

/** A rejected event changes no state. Matrix events may follow it, so the state after it is kept: the state before it. */
function rejectedEntry(room: Internals, event: RoomEvent, judgement: Judgement, fault: Fault): Entry {
  const kept = room.matrix === null ? null : stateAfter(room, event, judgement, false);
  const stored: StoredEvent = {
    event,
    verdict: 'rejected',
    fault,
    soft_failed: false,
    rank: 0,
    depth: judgement.depth,
    void_delta: NO_VOIDS,
    state_base: kept?.base ?? null,
    state_delta: kept?.delta ?? [],
  };
  return { outcome: { kind: 'rejected', fault }, effects: unseen(room, stored), after: kept?.after ?? null };
}

interface After {
  readonly base: string | null;
  readonly delta: readonly StateChange[];
  readonly after: StateMap;
}

/** The state after an event, and its difference from the state after its deepest prev event: after another one, half the room may have changed. `takesPart`: whether the event itself is in it. */
function stateAfter(room: Internals, event: RoomEvent, judgement: Judgement, takesPart: boolean): After {
  const own: StateChange[] = event.state_key === undefined || !takesPart ? [] : [[event.type, event.state_key, event.event_id]];
  const after = judgement.before.state.with(own);
  if (event.prev_events.length === 0) return { base: null, delta: own, after };
  const deepest = deepestOf(room.workingSet.all(event.prev_events));
  // One that was rejected changed nothing, and its state is kept as a difference, too: chains hold accepted events alone.
  const base = deepest.verdict === 'accepted' ? deepest.event.event_id : deepest.state_base;
  if (deepest.verdict === 'accepted' && event.prev_events.length === 1) return { base, delta: own, after };
  return { base, delta: base === null ? [...after.entries()] : room.workingSet.stateAfter(base).changesTo(after), after };
}

/** Effects of an event that stays out of the history: rejected or soft-failed. */
function unseen(room: Internals, stored: StoredEvent): Effects {
  return { room_id: room.room_id, stored, creates_room: false, extremities: null, enters_history: [], state_changes: [] };
}

/** ENG-11. Effects of an event that this server follows: it and the soft-failed events that it covers enter the history. */
function intoHistory(room: Internals, stored: StoredEvent, after: StateMap): Effects {
  const covered = uncoveredAncestors(room, stored);
  const extremities = extremitiesAfter(room, covered, stored);
  const current = room.resolver.at(room.extremities).state;
  const next = extremities.length === 1 ? after : afterAll(room, stored, after, extremities);
  return {
    room_id: room.room_id,
    stored,
    creates_room: room.extremities.length === 0,
    extremities,
    enters_history: [...covered.filter((one) => one.soft_failed), stored].map((entering) => entering.event.event_id),
    state_changes: current.changesTo(next),
  };
}

function extremitiesAfter(room: Internals, covered: readonly StoredEvent[], { event }: StoredEvent): readonly string[] {
  if (covered.length === 0 && room.extremities.every((id) => event.prev_events.includes(id))) return [event.event_id];
  const cited = new Set([event, ...covered.map((one) => one.event)].flatMap((entering) => entering.prev_events));
  return [...room.extremities.filter((id) => !cited.has(id)), event.event_id].sort(utf8Compare);
}

/**
 * The state at extremities of which one is this event. Resolution reads it from the working set, where it is only for this question:
 * should something else be lacking, the question is asked again, and the event is put there again.
 */
function afterAll(room: Internals, stored: StoredEvent, after: StateMap, extremities: readonly string[]): StateMap {
  const id = stored.event.event_id;
  const known = room.workingSet.peek(id);
  room.workingSet.put(stored);
  room.workingSet.setStateAfter(id, after);
  try {
    return room.resolver.at(extremities).state;
  } finally {
    if (known === undefined) room.workingSet.forget(id);
    else room.workingSet.put(known);
  }
}

/**
 * Ancestors that are soft-failed, and so not in the history, and (in Matrix rooms) rejected ones among them, causal order. What is in the history has
 * all of its past there that was not rejected.
 */
function uncoveredAncestors(room: Internals, stored: StoredEvent): StoredEvent[] {
  let level = room.workingSet.all(stored.event.prev_events);
  if (level.every((one) => !one.soft_failed && one.verdict === 'accepted')) return [];
  const found = new Map<string, StoredEvent>();
  while (level.length > 0) {
    const soft = level.filter((one) => (one.soft_failed || one.verdict === 'rejected') && !found.has(one.event.event_id));
    for (const one of soft) found.set(one.event.event_id, one);
    level = room.workingSet.all([...new Set(soft.flatMap((one) => one.event.prev_events))]);
  }
  return [...found.values()].sort(causally);
}
