import { serverKeys, type Signer } from '@openguild/core';
import type { SimServer } from './server.ts';

/** Names of the keys that a server may come to have, the one that it prefers for every day first. */
const NAMES = ['k1', 'k2', 'n1', 'n2', 'k0'] as const;

/** A host signs with a key that the room lists for it, and a user's own key beside it. */
export async function signersNow(server: SimServer, user: string): Promise<readonly Signer[]> {
  const { world, name, life } = server;
  const listed = await life?.runner.ask(world.mainRoom, (room) => room.judgeBy((view) => [...serverKeys(view, name)]));
  const mine = NAMES.map((key) => `${name}/${key}`).find((key) => listed?.includes(world.keyring.id(key)) === true);
  world.dailyKeys.set(name, mine ?? `${name}/k1`);
  return server.signersOf(user);
}
