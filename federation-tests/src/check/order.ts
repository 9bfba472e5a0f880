import type { World } from '../sim/world.ts';

/** EV-8 */
const MOST_PREV_EVENTS = 20;

/** What one server made in one room comes in the order of making, in everybody's stream. */
export async function checkOrder(world: World): Promise<void> {
  const made = new Map<string, { readonly lane: string; readonly order: number }>();
  for (const told of world.ledger.acknowledged) {
    const { server, event, order } = told;
    // It may come back from another server after later ones were made.
    if (world.ledger.mayBeLost(told)) continue;
    const lane = `${server} ${event.room_id}`;
    if (!made.has(event.event_id)) made.set(event.event_id, { lane, order });
  }
  // Two requests may be answered in another order than they were taken in; the maker's own stream says how they were.
  const place = new Map<string, number>();
  for (const server of world.honest)
    for (const { position, stored } of await server.disk.durable.rooms.stream(0, 1_000_000))
      if (made.get(stored.event.event_id)?.lane.startsWith(`${server.name} `) === true) place.set(stored.event.event_id, position);
  for (const server of world.honest) {
    const last = new Map<string, { readonly at: number; readonly id: string }>();
    for (const { stored } of await server.disk.durable.rooms.stream(0, 1_000_000)) {
      const { event_id } = stored.event;
      const lane = made.get(event_id)?.lane;
      const at = place.get(event_id);
      if (lane === undefined || at === undefined) continue;
      // ENG-12: with more ends than one event can cite, the maker's own last event may be left out. Nobody can know the order then.
      if (stored.event.prev_events.length >= MOST_PREV_EVENTS) continue;
      const before = last.get(lane);
      if (before !== undefined && before.at > at)
        world.ledger.find('order', `${server.name} has ${event_id} after ${before.id}, which its server made later`, event_id);
      last.set(lane, { at, id: event_id });
    }
  }
}
