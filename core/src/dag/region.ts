import type { StoredEvent } from '../room/types.ts';
import { utf8Compare } from '../json/utf8-order.ts';

/** Looks up accepted events of one room; throws where one is not in memory. */
export interface EventSource {
  all(eventIds: readonly string[]): StoredEvent[];
}

/** The part of a past that may still be in conflict. */
export interface Region {
  /** The last event comparable with every event of the past: each other one is before it or after it. */
  readonly cut: StoredEvent;
  /** What comes after the cut, causal order (depth, then ID). */
  readonly events: readonly StoredEvent[];
}

/**
 * DAG-3. The past of `heads`, divided at its last cut.
 *
 * Walks back from the heads, deepest event first, until one event alone remains to be visited: all that was not visited lies
 * before that one, and everything visited descends from it. Reads nothing older than the cut.
 * `onVisited` is told how many events it is so far, and may throw.
 */
export function regionOf(heads: readonly string[], source: EventSource, onVisited: (count: number) => void = () => {}): Region {
  const open = new Map<string, StoredEvent>();
  for (const stored of source.all(heads)) open.set(stored.event.event_id, stored);
  const visited: StoredEvent[] = [];
  while (open.size > 1) {
    const level = deepest(open.values());
    for (const stored of level) {
      open.delete(stored.event.event_id);
      visited.push(stored);
    }
    onVisited(visited.length);
    const next = [...new Set(level.flatMap((stored) => stored.event.prev_events))].filter((id) => !open.has(id));
    for (const stored of source.all(next)) open.set(stored.event.event_id, stored);
  }
  const [cut] = open.values();
  if (cut === undefined) throw new Error('heads without a common ancestor: not one room');
  return { cut, events: visited.sort(causally) };
}

/**
 * The heads that no other head has in its past: the others add nothing to the past of them all, but would make all that came after them look as if it were in conflict.
 *
 * Walks back from the heads as far as the shallowest that may still be in the past of another. `onWalked` is told how many events it is so far, and may throw.
 */
export function lastOf(heads: readonly string[], source: EventSource, onWalked: (count: number) => void = () => {}): readonly string[] {
  const stored = source.all([...new Set(heads)]);
  if (stored.length < 2) return heads;
  // Nothing has the deepest in its past, so it need not be looked for.
  const top = deepestOf(stored);
  const open = unreached(
    stored,
    stored.filter((one) => one !== top),
    source,
    onWalked,
  );
  return stored.filter((one) => one === top || open.has(one.event.event_id)).map((one) => one.event.event_id);
}

/**
 * Those of the targets that no head cites, directly or through others. Walks back from the heads as far as the shallowest target that is still looked for. `onWalked` is told how many events
 * it is so far, and may throw.
 */
function unreached(
  heads: readonly StoredEvent[],
  targets: readonly StoredEvent[],
  source: EventSource,
  onWalked: (count: number) => void,
): ReadonlyMap<string, number> {
  const depths = new Map(targets.map(({ event, depth }) => [event.event_id, depth]));
  const seen = new Set(heads.map(({ event }) => event.event_id));
  for (let level = heads; level.length > 0 && depths.size > 0; ) {
    const floor = Math.min(...depths.values());
    const next = new Set<string>();
    for (const { event, depth } of level) {
      if (depth <= floor) continue;
      for (const id of event.prev_events) {
        depths.delete(id);
        if (!seen.has(id)) next.add(id);
        seen.add(id);
      }
    }
    onWalked(seen.size);
    level = depths.size > 0 ? source.all([...next]) : [];
  }
  return depths;
}

/** Depth, then ID: an order in which everything an event cites comes before it, the same on every server. */
export function causally(a: StoredEvent, b: StoredEvent): number {
  return a.depth - b.depth || utf8Compare(a.event.event_id, b.event.event_id);
}

/** The last in causal order: none of them has it in its past. */
export function deepestOf(stored: readonly StoredEvent[]): StoredEvent {
  return stored.reduce((deepest, one) => (causally(one, deepest) > 0 ? one : deepest));
}

/** All of the greatest depth: none of them cites another, so they may be visited together. */
function deepest(stored: Iterable<StoredEvent>): StoredEvent[] {
  let level: StoredEvent[] = [];
  for (const one of stored) {
    const depth = level[0]?.depth ?? -1;
    if (one.depth > depth) level = [one];
    else if (one.depth === depth) level.push(one);
  }
  return level;
}

/**
 * The targets that are neither among the heads nor in their past.
 *
 * Walks back from the heads as far as the shallowest target's depth. `onVisited` is told how many events it is so far, and may throw.
 */
export function uncovered(
  heads: readonly string[],
  targets: readonly string[],
  source: EventSource,
  onVisited: (count: number) => void = () => {},
): string[] {
  if (targets.every((id) => heads.includes(id))) return [];
  const [head] = heads;
  // The guild moved on by one event: so it is for the first message of every channel after it.
  if (heads.length === 1 && head !== undefined) {
    const [{ event }] = source.all(heads) as [StoredEvent];
    if (targets.every((id) => id === head || event.prev_events.includes(id))) return [];
  }
  const wanted = source.all(targets.filter((id) => !heads.includes(id)));
  return [...unreached(source.all(heads), wanted, source, onVisited).keys()];
}
