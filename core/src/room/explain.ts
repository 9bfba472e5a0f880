import type { MatrixAuthStep } from '../auth-matrix/matrix-case.ts';
import { authorize } from '../auth/authorize.ts';
import type { AuthTrace } from '../auth/case.ts';
import type { Fault } from '../fault.ts';
import { stateKeyOf } from '../state/state-map.ts';
import { causally } from '../dag/region.ts';
import { governingView, type Internals, viewOf } from './internals.ts';
import type { ResolvedState, StateTrace } from './resolver.ts';
import type { StoredEvent } from './types.ts';

/** Everything the engine can say about one event: how it was judged, and what became of it. */
export interface Explanation {
  readonly event_id: string;
  readonly room_id: string;
  readonly type: string;
  readonly state_key: string | null;
  readonly sender: string;
  readonly verdict: 'accepted' | 'rejected';
  /** Why it was rejected or soft-failed. */
  readonly fault: Fault | null;
  readonly soft_failed: boolean;
  readonly rank: number;
  /** Matrix rooms: what the events that it cites say of it. A step that does not hold is answered by `no`. */
  readonly by_auth_events: AuthTrace;
  /** The rules it was judged by for ever: those of its own past. Empty where it fell before they were asked. */
  readonly by_its_past: AuthTrace;
  /** The same rules by this server's present state. */
  readonly by_present_state: AuthTrace;
  /** Of accepted state events. */
  readonly effect: Effect | null;
}

/** Whether a state event is in force now, and if not, what took its place. */
export interface Effect {
  readonly in_force: boolean;
  readonly void: boolean;
  /** The event that holds the entry now. */
  readonly holder: string | null;
  /** The heads whose merge decided it: an accepted merging event's prev events, or this server's present extremities. Null if none did. */
  readonly decided_at: readonly string[] | null;
  /** How that merge judged this event and its entry. */
  readonly trace: StateTrace | null;
}

/** How far back the merge that decided an event's fate is looked for, in events. */
const MAX_SEARCH = 5_000;

export function explain(room: Internals, eventId: string): Explanation {
  const stored = room.workingSet.one(eventId);
  const { event } = stored;
  return {
    event_id: event.event_id,
    room_id: event.room_id,
    type: event.type,
    state_key: event.state_key ?? null,
    sender: event.sender,
    verdict: stored.verdict,
    fault: stored.fault,
    soft_failed: stored.soft_failed,
    rank: stored.rank,
    by_auth_events: traceAuthEvents(room, stored),
    by_its_past: tracePast(room, stored),
    by_present_state: tracePresent(room, stored),
    effect: stored.verdict === 'accepted' && event.state_key !== undefined ? effectOf(room, stored) : null,
  };
}

function tracePast(room: Internals, stored: StoredEvent): AuthTrace {
  const { event } = stored;
  const trace: AuthTrace = [];
  if (room.matrix !== null) return matrixTrace((steps) => room.matrix?.byState(event, room.resolver.at(event.prev_events).state, steps));
  const citesRejected = (ids: readonly string[], of: Internals): boolean =>
    of.workingSet.all(ids).some((one) => one.verdict === 'rejected');
  if (citesRejected(event.prev_events, room) || (room.guild !== null && citesRejected(event.guild_heads, room.guild))) return trace;
  const governor = room.guild ?? room;
  const heads = room.guild === null ? event.prev_events : event.guild_heads;
  authorize(event, viewOf(governor, governor.resolver.at(heads).state), contextOf(room, stored), trace);
  return trace;
}

/** What a Matrix event's own auth events say of it. Empty in native rooms, whose auth events are the selection from the state before. */
function traceAuthEvents(room: Internals, stored: StoredEvent): AuthTrace {
  return matrixTrace((steps) => room.matrix?.byAuthEvents(stored.event, steps));
}

function matrixTrace(judge: (steps: MatrixAuthStep[]) => unknown): AuthTrace {
  const steps: MatrixAuthStep[] = [];
  judge(steps);
  return steps.map(({ rule, holds, detail }) => ({
    rule,
    question: 'does it hold?',
    answer: `${holds ? 'yes' : 'no'}: ${detail}`,
    reads: [],
  }));
}

function tracePresent(room: Internals, stored: StoredEvent): AuthTrace {
  const trace: AuthTrace = [];
  if (room.matrix !== null) {
    const present = room.resolver.at(room.extremities).state;
    return stored.soft_failed ? matrixTrace((steps) => room.matrix?.byState(stored.event, present, steps)) : trace;
  }
  if (stored.verdict === 'accepted' && stored.event.prev_events.length > 0)
    authorize(stored.event, governingView(room), contextOf(room, stored), trace);
  return trace;
}

/** An accepted admission's proof was right; of a rejected one it is not known any more, and is not what is asked. */
function contextOf(room: Internals, stored: StoredEvent): { kind: Internals['kind']; proofValid: boolean } {
  return { kind: room.kind, proofValid: stored.verdict === 'accepted' };
}

function effectOf(room: Internals, stored: StoredEvent): Effect {
  const { event } = stored;
  const now = room.resolver.at(room.extremities);
  const holder = now.state.get(event.type, event.state_key ?? '') ?? null;
  if (holder === event.event_id) return { in_force: true, void: false, holder, decided_at: null, trace: null };
  const isVoid = room.resolver.voids(room.extremities, stored.depth - 1).has(event.event_id);
  const heads = stored.soft_failed ? null : decidingHeads(room, stored);
  const trace = heads === null ? null : onlyAbout(room.resolver.trace(heads), stored);
  return { in_force: false, void: isVoid, holder, decided_at: heads, trace };
}

/** The oldest merge in the history in which this event lost its entry: the prev events of a merging event, or the present extremities. */
function decidingHeads(room: Internals, stored: StoredEvent): readonly string[] | null {
  const merges: StoredEvent[] = [];
  const seen = new Set<string>();
  let level = room.workingSet.all(room.extremities);
  while (level.length > 0 && seen.size < MAX_SEARCH) {
    const before = new Set<string>();
    for (const one of level) {
      seen.add(one.event.event_id);
      if (one.event.prev_events.length > 1) merges.push(one);
      for (const id of one.event.prev_events) if (!seen.has(id)) before.add(id);
    }
    level = room.workingSet.all([...before]).filter((one) => one.depth > stored.depth);
  }
  for (const merge of merges.sort(causally)) {
    if (isIn(room, stored, merge.event.prev_events) && !holds(room.resolver.at(merge.event.prev_events), stored))
      return merge.event.prev_events;
  }
  return room.extremities.length > 1 && isIn(room, stored, room.extremities) ? room.extremities : null;
}

function holds(at: ResolvedState, stored: StoredEvent): boolean {
  return at.state.get(stored.event.type, stored.event.state_key ?? '') === stored.event.event_id;
}

/** Whether some of these heads, each alone, still has the event in force: then the merge of them is what decided. */
function isIn(room: Internals, stored: StoredEvent, heads: readonly string[]): boolean {
  return heads.some((head) => holds(room.resolver.at([head]), stored));
}

/** Of a resolution's trace, what concerns one event and its entry. */
function onlyAbout(trace: StateTrace, stored: StoredEvent): StateTrace {
  const key = stateKeyOf(stored.event.type, stored.event.state_key ?? '');
  return {
    events: trace.events.filter((one) => one.key === key),
    keys: trace.keys.filter((one) => one.key === key),
    channelKeys: trace.channelKeys.filter((one) => one.key === key),
    v2: {
      steps: trace.v2.steps.filter((one) => stateKeyOf(one.type, one.stateKey) === key),
      keys: trace.v2.keys.filter((one) => stateKeyOf(one.type, one.stateKey) === key),
      mainline: trace.v2.mainline,
    },
  };
}
