import type { World } from '../sim/world.ts';
import { allOf } from './convergence.ts';

/** AUTH-2.7: a server's history of a channel cites nothing of the guild but what is in its history of the guild. */
export async function checkCovered(world: World): Promise<void> {
  for (const server of world.honest) {
    const guild = new Set<string>();
    for (const { event, verdict, soft_failed } of await allOf(server, world.mainRoom))
      if (verdict === 'accepted' && !soft_failed) guild.add(event.event_id);
    for (const channel of world.channels)
      for (const { event, verdict, soft_failed } of await allOf(server, channel)) {
        if (verdict !== 'accepted' || soft_failed) continue;
        const ahead = event.guild_heads.find((id) => !guild.has(id));
        if (ahead !== undefined)
          world.ledger.find(
            'covered',
            `${server.name} follows ${event.event_id}, which cites ${ahead}, which it does not follow`,
            event.event_id,
          );
      }
  }
}
