import type { Ledger } from '../sim/ledger.ts';
import type { World } from '../sim/world.ts';
import { allOf } from './convergence.ts';

/**
 * ENG-15: what a server makes after a backup came back follows all that every other server had of it before, and has not lost in the same way. Asked only where nobody lies: a server is free
 * to make something once one other has told where the room ends.
 */
export async function checkRestored(world: World): Promise<void> {
  const { ledger } = world;
  if (world.servers.some((server) => server.hostile)) return;
  const receipts = ledger.receipts();
  for (const { server, to, ms, rooms } of ledger.restored) {
    const others = receipts.filter((one) => one.server !== server);
    const before = others.map((other) => {
      const kept = other.events.filter((one) => one.ms < ms && one.as === 'accepted' && !mayHaveLost(ledger, other.server, one.ms));
      return new Set(kept.map((one) => one.event_id));
    });
    // Who is alone has nobody that could return anything.
    if (before.length === 0) continue;
    // What it is given back it judges by its present state like anything that comes (ENG-9), and does not follow what that does not allow.
    const soft = ledger.softFailedBy(server);
    const lost = ledger.acknowledged.filter(
      (told) =>
        told.server === server &&
        ledger.mayBeLost(told) &&
        !soft.has(told.event.event_id) &&
        before.every((had) => had.has(told.event.event_id)),
    );
    const made = ledger.acknowledged.filter((told) => told.server === server && told.order >= to && rooms.includes(told.event.room_id));
    for (const roomId of new Set(lost.map((told) => told.event.room_id))) {
      // The others had left by then: it need not ask whoever is not in the room.
      if (ledger.alone.has(`${server} ${roomId}`)) continue;
      const cites = new Map<string, readonly string[]>();
      for (const one of world.honest) for (const { event } of await allOf(one, roomId)) cites.set(event.event_id, event.prev_events);
      for (const { event } of made) {
        // What went with a still later backup is nowhere any more, and what it followed neither.
        if (event.room_id !== roomId || !cites.has(event.event_id)) continue;
        const past = pastOf(event.event_id, cites);
        const left = lost.find((told) => told.event.room_id === roomId && !past.has(told.event.event_id));
        if (left !== undefined)
          ledger.find(
            'restored',
            `${server} made ${event.event_id} without ${left.event.event_id}, which it made before its backup came back`,
            event.event_id,
          );
      }
    }
  }
}

/** What a server took in after a backup of its own was made went with it when that backup came back. */
function mayHaveLost({ restored }: Ledger, server: string, ms: number): boolean {
  return restored.some((one) => one.server === server && one.madeMs <= ms && ms <= one.ms);
}

function pastOf(id: string, cites: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const past = new Set<string>();
  const todo = [id];
  for (let at = todo.pop(); at !== undefined; at = todo.pop())
    for (const prev of cites.get(at) ?? [])
      if (!past.has(prev)) {
        past.add(prev);
        todo.push(prev);
      }
  return past;
}
