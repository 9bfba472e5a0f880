import type { EventDraft, Signer } from '@openguild/core';
import type { Random } from '../environment/random.ts';
import type { World } from '../world.ts';

/** A guild or plain room that somebody begins, with the right keys or not all of them. */
export function newRoom(world: World, random: Random): { readonly draft: EventDraft; readonly signers: readonly Signer[] } {
  const { keyring, shape, servers } = world;
  const server = random.pick(servers);
  const [user = ''] = server.users;
  const signs = (name: string): Signer => keyring.signer(`${server.name}/${name}`);
  const owned = random.chance(0.4);
  return {
    draft: {
      type: shape.kind === 'guild' ? 'm.guild.create' : 'm.room.create',
      sender: random.chance(0.1) ? `@:${server.name}` : user,
      state_key: '',
      content: {
        room_version: shape.version,
        ...keyring.keysOf(server.name),
        ...(owned ? { owner_key: keyring.id(`${user}/p0`) } : {}),
      },
    },
    signers: [signs(random.pick(['k0', 'k1', 'k2', 'n1'])), ...(random.chance(0.6) ? [keyring.signer(`${user}/p0`)] : [])],
  };
}
