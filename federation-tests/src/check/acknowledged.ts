import type { World } from '../sim/world.ts';
import { allOf, participants } from './convergence.ts';

/** What a client was told exists is there: on the server that said so, at the place that it named, once; and on every other honest server of the room. */
export async function checkAcknowledged(world: World): Promise<void> {
  const { ledger } = world;
  const everywhere = new Map<string, ReadonlySet<string>>();
  for (const roomId of [world.mainRoom, ...world.channels]) {
    const [first] = await participants(world, roomId);
    if (first !== undefined) everywhere.set(roomId, new Set((await allOf(first, roomId)).map((stored) => stored.event.event_id)));
  }
  for (const server of world.honest) {
    const rows = await server.disk.durable.rooms.stream(0, 1_000_000);
    const at = new Map<string, number>();
    const byTxn = new Map<string, string>();
    for (const { position, stored } of rows) {
      const { event_id, content, sender } = stored.event;
      if (at.has(event_id)) ledger.find('once', `${server.name} has ${event_id} twice in its stream`, event_id);
      at.set(event_id, position);
      const { txn } = content;
      if (typeof txn !== 'string' || !server.users.includes(sender)) continue;
      // A client that asks again asks a server that has forgotten.
      if (byTxn.has(txn) && server.generation === 0)
        ledger.find('once', `${server.name} made two events of one client request: ${byTxn.get(txn)} and ${event_id}`, event_id);
      byTxn.set(txn, event_id);
    }
    const taking = new Set((await participants(world, world.mainRoom)).map((one) => one.name));
    for (const told of ledger.acknowledged) {
      const { event, position } = told;
      if (told.server !== server.name || ledger.mayBeLost(told)) continue;
      if (at.get(event.event_id) !== position)
        ledger.find(
          'durable',
          `${server.name} acknowledged ${event.event_id} at ${position}; it is at ${at.get(event.event_id) ?? 'no place'}`,
          event.event_id,
        );
      if (event.room_id === world.mainRoom && taking.has(server.name) && everywhere.get(event.room_id)?.has(event.event_id) === false)
        ledger.find('durable', `${event.event_id}, acknowledged by ${server.name}, never reached the room's first server`, event.event_id);
    }
  }
}
