import { utf8Compare } from '../json/utf8-order.ts';
import type { StoredEvent, VoidDelta } from './types.ts';

/** Nothing of its past is void. */
export const NO_VOIDS: VoidDelta = { base: null, added: [], removed: [] };

/** What is void after an accepted event alone, as a difference: the same as before it (RES-1). */
export function voidsAfter({ event, void_delta }: StoredEvent): VoidDelta {
  return void_delta.added.length === 0 && void_delta.removed.length === 0 ? void_delta : { base: event.event_id, added: [], removed: [] };
}

/** `now` as a difference from what is void after `event`, where of both only a part is given: elsewhere they are equal. */
export function voidsChangedTo(event: StoredEvent, then: ReadonlySet<string>, now: ReadonlySet<string>): VoidDelta {
  const added = [...now].filter((id) => !then.has(id));
  const removed = [...then].filter((id) => !now.has(id));
  const unchanged = voidsAfter(event);
  if (added.length === 0 && removed.length === 0) return unchanged;
  return { base: unchanged.base, added: added.sort(utf8Compare), removed: removed.sort(utf8Compare) };
}

/**
 * What is void before each event of a region (causal order), of the region's own events. A base outside of the region lies before it, where
 * nothing of the region was.
 */
export function voidsWithin(region: readonly StoredEvent[]): Map<string, ReadonlySet<string>> {
  const before = new Map<string, ReadonlySet<string>>(region.map(({ event }) => [event.event_id, NOTHING]));
  for (const { event, void_delta } of region) {
    const from = (void_delta.base === null ? undefined : before.get(void_delta.base)) ?? NOTHING;
    before.set(
      event.event_id,
      changed(from, void_delta, (id) => before.has(id)),
    );
  }
  return before;
}

/**
 * All that is void by a difference; with `above`, what of the events deeper than that is. `eventAt` is asked for the events at which what is void
 * changed.
 */
export function voidsBy(delta: VoidDelta, eventAt: (eventId: string) => StoredEvent, above = -1): Set<string> {
  const found = new Set<string>();
  const settled = new Set<string>();
  for (let at = delta; ; ) {
    // The newest word on an event counts.
    for (const id of at.removed) settled.add(id);
    for (const id of at.added) if (!settled.has(id)) found.add(id);
    for (const id of at.added) settled.add(id);
    if (at.base === null) return found;
    const base = eventAt(at.base);
    // What was void or not at an event is less deep than it.
    if (base.depth <= above + 1) return found;
    at = base.void_delta;
  }
}

const NOTHING: ReadonlySet<string> = new Set();

function changed(from: ReadonlySet<string>, { added, removed }: VoidDelta, counts: (id: string) => boolean): ReadonlySet<string> {
  const [more, fewer] = [added.filter(counts), removed.filter(counts)];
  if (more.length === 0 && fewer.length === 0) return from;
  const set = new Set([...from, ...more]);
  for (const id of fewer) set.delete(id);
  return set;
}
