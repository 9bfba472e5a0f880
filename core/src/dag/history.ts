import { utf8Compare } from '../json/utf8-order.ts';
import type { HistoryCursor, HistoryPage, StoredEvent } from '../room/types.ts';
import { type EventSource, lastOf, regionOf } from './region.ts';

const BETWEEN_HEADS = ',';

/**
 * One page of history, newest first.
 *
 * History is topological, ready events by (`origin_ts`, ID), so equal event sets show equal history. An event comparable with all others
 * has its whole past before it and everything else after it; so the order is made segment by segment between such events, and a page
 * reads only what it shows and the segment it ends in.
 */
export function historyPage(extremities: readonly string[], limit: number, cursor: HistoryCursor | null, source: EventSource): HistoryPage {
  const events: StoredEvent[] = [];
  let heads: readonly string[] = cursor === null ? extremities : cursor.boundary.split(BETWEEN_HEADS);
  let after = cursor?.after ?? '';
  while (heads.length > 0) {
    if (events.length === limit) return { events, next: { boundary: heads.join(BETWEEN_HEADS), after: '' } };
    const segment = newestSegment(heads, source);
    const rest = segment.events.slice(segment.events.findIndex((stored) => stored.event.event_id === after) + 1);
    const next = rest.slice(0, limit - events.length);
    events.push(...next);
    const last = next.at(-1);
    if (next.length < rest.length && last !== undefined) {
      return { events, next: { boundary: heads.join(BETWEEN_HEADS), after: last.event.event_id } };
    }
    after = '';
    heads = segment.before;
  }
  return { events, next: null };
}

interface Segment {
  /** Newest first. */
  readonly events: readonly StoredEvent[];
  /** The heads of what comes before. */
  readonly before: readonly string[];
}

function newestSegment(all: readonly string[], source: EventSource): Segment {
  const heads = lastOf(all, source);
  if (heads.length === 1) {
    const [head] = source.all(heads) as [StoredEvent];
    return { events: shown([head]), before: head.event.prev_events };
  }
  const { cut, events } = regionOf(heads, source);
  return { events: shown(readyOrder(events).reverse()), before: [cut.event.event_id] };
}

/** A rejected event is no history, though (in Matrix rooms) what is may follow it. */
function shown(events: readonly StoredEvent[]): readonly StoredEvent[] {
  return events.filter((stored) => stored.verdict === 'accepted');
}

/** DAG-2. Topological; among events whose predecessors are all placed, the earlier `origin_ts`, then the smaller ID. */
export function readyOrder(events: readonly StoredEvent[]): StoredEvent[] {
  const inside = new Map(events.map((stored) => [stored.event.event_id, stored]));
  const waitingFor = new Map<string, number>();
  const followers = new Map<string, StoredEvent[]>();
  const ready: StoredEvent[] = [];
  for (const stored of events) {
    const before = stored.event.prev_events.filter((id) => inside.has(id));
    waitingFor.set(stored.event.event_id, before.length);
    for (const id of before) followers.set(id, [...(followers.get(id) ?? []), stored]);
    if (before.length === 0) ready.push(stored);
  }
  const out: StoredEvent[] = [];
  while (ready.length > 0) {
    const next = takeEarliest(ready);
    out.push(next);
    for (const follower of followers.get(next.event.event_id) ?? []) {
      const left = (waitingFor.get(follower.event.event_id) as number) - 1;
      waitingFor.set(follower.event.event_id, left);
      if (left === 0) ready.push(follower);
    }
  }
  return out;
}

function takeEarliest(ready: StoredEvent[]): StoredEvent {
  let best = 0;
  for (let i = 1; i < ready.length; i++) if (byTime(ready[i] as StoredEvent, ready[best] as StoredEvent) < 0) best = i;
  return ready.splice(best, 1)[0] as StoredEvent;
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  return a.event.origin_ts - b.event.origin_ts || utf8Compare(a.event.event_id, b.event.event_id);
}
