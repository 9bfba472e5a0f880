import { type StoredEvent, utf8Compare } from '@openguild/core';
import type { RoomStore } from '@openguild/storage';

/** How many ancestors the store may send along, so that a walk needs few rounds. */
const PREFETCH = 50;

/**
 * Stored events of a room backwards from `latest` (themselves included), not through `earliest`: the `limit` of greatest depth, in causal order.
 * Unknown IDs count for nothing.
 */
export async function walkBack(
  store: RoomStore,
  roomId: string,
  latest: readonly string[],
  earliest: readonly string[],
  limit: number,
): Promise<StoredEvent[]> {
  const stop = new Set(earliest);
  const loaded = new Map<string, StoredEvent>();
  const taken = new Map<string, StoredEvent>();
  let open = new Set(latest.filter((id) => !stop.has(id)));
  while (open.size > 0 && taken.size < limit) {
    await load(store, roomId, open, loaded);
    const known = [...open].flatMap((id) => loaded.get(id) ?? []);
    const deepest = Math.max(...known.map((stored) => stored.depth));
    // Deepest first: nothing that is taken later can cite what is taken now.
    const level = known.filter((stored) => stored.depth === deepest).sort(byId);
    for (const stored of level.slice(0, limit - taken.size)) taken.set(stored.event.event_id, stored);
    const next = new Set(known.filter((stored) => stored.depth !== deepest).map((stored) => stored.event.event_id));
    for (const stored of level) {
      for (const id of stored.event.prev_events) if (!stop.has(id) && !taken.has(id)) next.add(id);
    }
    open = next;
  }
  return causalOrder([...taken.values()]);
}

/** By depth, then ID: what an event cites comes before it. */
export function causalOrder(events: readonly StoredEvent[]): StoredEvent[] {
  return [...events].sort((a, b) => a.depth - b.depth || byId(a, b));
}

async function load(store: RoomStore, roomId: string, ids: ReadonlySet<string>, loaded: Map<string, StoredEvent>): Promise<void> {
  const lacking = [...ids].filter((id) => !loaded.has(id));
  if (lacking.length === 0) return;
  for (const stored of await store.events(roomId, lacking, PREFETCH)) loaded.set(stored.event.event_id, stored);
}

function byId(a: StoredEvent, b: StoredEvent): number {
  return utf8Compare(a.event.event_id, b.event.event_id);
}
