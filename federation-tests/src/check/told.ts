import type { World } from '../sim/world.ts';

/** What a server tells its people of a room's state, change by change, makes the state: of rooms that it took in since its process began. */
export async function checkTold(world: World): Promise<void> {
  for (const { name, life } of world.honest)
    for (const [roomId, told] of life?.told ?? []) {
      const state = await life?.runner.ask(roomId, (room) => room.currentState());
      const now = new Map([...(state?.entries() ?? [])].map(([type, key, id]) => [`${type}\n${key}`, id]));
      const wrong = [...new Set([...now.keys(), ...told.keys()])].find((entry) => now.get(entry) !== told.get(entry));
      if (wrong !== undefined)
        world.ledger.find(
          'state-changes',
          `${name} told ${told.get(wrong) ?? 'nothing'} of ${wrong.replace('\n', ' ')} in ${roomId}, and has ${now.get(wrong) ?? 'nothing'}`,
        );
    }
}
