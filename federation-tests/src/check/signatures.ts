import { roomVersion } from '@openguild/core';
import type { World } from '../sim/world.ts';
import { allOf } from './convergence.ts';

/** ENG-5: no honest server keeps an event of which any signature is wrong, whoever sent it and whatever was made of it. */
export async function checkSignatures(world: World): Promise<void> {
  const version = roomVersion(world.shape.version);
  if (version === undefined) throw new Error(`unknown room version ${world.shape.version}`);
  const seen = new Set<unknown>();
  for (const server of world.honest)
    for (const roomId of [world.mainRoom, ...world.channels])
      for (const { event } of await allOf(server, roomId)) {
        // Copies are handed on as they are: one look at each is enough.
        if (seen.has(event.pdu)) continue;
        seen.add(event.pdu);
        const copy = world.reader.read(event.pdu, version);
        if (!copy.ok || !copy.value.signatures.every((check) => world.keyring.verify(check)))
          world.ledger.find('signatures', `${server.name} keeps ${event.event_id} with a wrong signature`, event.event_id);
      }
}
