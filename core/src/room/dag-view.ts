import { causally } from '../dag/region.ts';
import type { Internals } from './internals.ts';
import type { StoredEvent } from './types.ts';

/** One event of a drawing. */
export interface DagNode {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly state_key: string | null;
  readonly origin_ts: number;
  readonly depth: number;
  readonly prev_events: readonly string[];
  readonly guild_heads: readonly string[];
  readonly rank: number;
  /** In the room's history, but without effect on its present state. */
  readonly void: boolean;
}

/** The newest events of the history, at least `limit` where there are as many, causal order. */
export function dagOf(room: Internals, limit: number): DagNode[] {
  const found = new Map<string, StoredEvent>();
  let level = room.workingSet.all(room.extremities);
  while (level.length > 0 && found.size < limit) {
    for (const stored of level) found.set(stored.event.event_id, stored);
    const before = new Set(level.flatMap((stored) => stored.event.prev_events).filter((id) => !found.has(id)));
    level = room.workingSet.all([...before]);
  }
  const shown = [...found.values()].sort(causally);
  const isVoid = room.resolver.voids(room.extremities, (shown[0]?.depth ?? 0) - 1);
  return shown.map(({ event, depth, rank }) => ({
    event_id: event.event_id,
    type: event.type,
    sender: event.sender,
    state_key: event.state_key ?? null,
    origin_ts: event.origin_ts,
    depth,
    prev_events: event.prev_events,
    guild_heads: event.guild_heads,
    rank,
    void: isVoid.has(event.event_id),
  }));
}
