import { channelBits, membership } from '../model/standing.ts';
import { BIT, type ModelEvent, serverPart } from '../model/event.ts';
import type { Model } from '../model/model.ts';
import type { World } from '../sim/world.ts';

const MEMBER = 'm.room.member\n';

/**
 * "Events go to: of a guild or plain room, servers with a joined or invited member; of a channel, servers with a member who has VIEW_CHANNEL; in both cases before or
 * after the event." What a server makes it sends to these and to no others; and what waits for one is sent, whatever comparing would bring there anyway.
 */
export function checkDestinations(world: World, model: Model): void {
  const { ledger } = world;
  const answers = new Map<string, readonly string[]>();
  for (const { from, room_id, event_id, to } of ledger.outgoing) {
    const event = model.records.get(event_id)?.event;
    if (event === undefined || model.records.get(event_id)?.fault !== null || event.prev.length === 0) continue;
    const expected = placesOf(world, event, event_id).flatMap((heads) => {
      const question = `${room_id} ${heads.join(' ')}`;
      const answer = answers.get(question) ?? receivers(world, model, room_id, heads);
      answers.set(question, answer);
      return answer;
    });
    const wrong =
      expected.find((name) => name !== from && !to.includes(name)) ?? to.find((name) => name === from || !expected.includes(name));
    if (wrong !== undefined)
      ledger.find(
        'destinations',
        `${from} sends ${event_id} to ${to.join(' ') || 'nobody'}, not to ${expected.join(' ')}: ${wrong}`,
        event_id,
      );
  }
  for (const { name, generation } of world.honest) {
    // What a backup does not know is sent by nobody.
    if (generation > 0) continue;
    for (const { from, event_id, to } of ledger.outgoing)
      for (const server of from === name ? to : [])
        if (world.servers.some((one) => one.name === server) && ledger.sentEvents.get(`${name} ${server}`)?.has(event_id) !== true)
          ledger.find('sent', `${name} never sent ${event_id} to ${server}, though all is delivered`, event_id);
  }
}

/** Heads of what governs the room, before the event and after it. A channel's guild stays where it is meanwhile. */
function placesOf({ mainRoom }: World, { room, prev, guildHeads }: ModelEvent, id: string): readonly (readonly string[])[] {
  return room === mainRoom ? [prev, [id]] : [guildHeads];
}

function receivers({ mainRoom }: World, model: Model, roomId: string, heads: readonly string[]): string[] {
  const view = model.viewAt(mainRoom, heads);
  const receives = (user: string): boolean => {
    const now = membership(view, user);
    if (roomId === mainRoom) return now === 'join' || now === 'invite';
    return now === 'join' && (channelBits(view, user, roomId, true) & BIT.view) !== 0n;
  };
  const users = [...model.at(mainRoom, heads).state.keys()].flatMap((key) => (key.startsWith(MEMBER) ? [key.slice(MEMBER.length)] : []));
  return [...new Set(users.filter(receives).map(serverPart))];
}
