import { type RoomEvent, utf8Compare } from '@openguild/core';

export interface CausalOrder {
  /** What an event cites comes before it. Of several that could be next, the earliest by time stamp, then the smallest ID. */
  readonly ordered: readonly RoomEvent[];
  /** Events that cite what is not there, or cite such events; with one of the causes. */
  readonly lacking: readonly { readonly event: RoomEvent; readonly missing: string }[];
}

/** A topological order of events that come in any order. IDs are hashes of what is cited, so there are no circles. */
export function causalOrder(events: readonly RoomEvent[]): CausalOrder {
  const byId = new Map(events.map((event) => [event.event_id, event]));
  const waitsFor = new Map<RoomEvent, number>();
  const followers = new Map<string, RoomEvent[]>();
  const ready: RoomEvent[] = [];
  for (const event of events) {
    const cited = citedBy(event);
    waitsFor.set(event, cited.length);
    if (cited.length === 0) ready.push(event);
    for (const id of cited) {
      const list = followers.get(id);
      if (list === undefined) followers.set(id, [event]);
      else list.push(event);
    }
  }
  const ordered: RoomEvent[] = [];
  let wave = ready;
  // Wave by wave: within one nothing cites another.
  while (wave.length > 0) {
    wave.sort((a, b) => a.origin_ts - b.origin_ts || utf8Compare(a.event_id, b.event_id));
    ordered.push(...wave);
    wave = wave.flatMap((event) => (followers.get(event.event_id) ?? []).filter((follower) => oneLess(waitsFor, follower)));
  }
  const done = new Set(ordered);
  const lacking = events
    .filter((event) => !done.has(event))
    .map((event) => ({ event, missing: citedBy(event).find((id) => !byId.has(id)) ?? 'such events' }));
  return { ordered, lacking };
}

function citedBy({ prev_events, auth_events }: RoomEvent): string[] {
  return [...new Set([...prev_events, ...auth_events])];
}

function oneLess(waitsFor: Map<RoomEvent, number>, event: RoomEvent): boolean {
  const left = (waitsFor.get(event) as number) - 1;
  waitsFor.set(event, left);
  return left === 0;
}
