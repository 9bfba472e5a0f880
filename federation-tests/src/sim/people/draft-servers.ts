import { type JsonObject, serverOf } from '@openguild/core';
import { stateWish, type Wish, type Wisher } from './state-now.ts';

export function admission(wisher: Wisher, server: string): Wish {
  const { world, random, now } = wisher;
  const present = now.get('m.server.admission', server);
  const rank = random.pick([0, 20, 40, 60, 95, 200]);
  const content: JsonObject =
    present !== undefined && random.chance(0.5)
      ? { ...present.content, rank }
      : world.keyring.admission(world.mainRoom, server, rank, random.chance(0.2) ? 'x0' : 'k0');
  return stateWish(wisher, 'm.server.admission', server, content);
}

/** A statement of one's own keys: some key signs, and those after it change. */
export function keys({ world, random, now, who }: Wisher): Wish {
  const server = serverOf(who);
  const { keyring } = world;
  const root = keyring.id(`${server}/k0`);
  const names = ['k0', 'k1', 'k2', 'n1', 'n2'];
  const by = random.pick(['k0', 'k0', 'k1', 'k1', 'k2', 'n1']);
  const present = (now.get('m.server.keys', root)?.content['keys'] as readonly string[] | undefined) ?? keyring.keysOf(server).keys;
  const place = present.indexOf(keyring.id(`${server}/${by}`));
  const kept = random.chance(0.1) ? [] : present.slice(0, Math.max(0, place));
  const more = random
    .shuffled(names)
    .slice(0, random.between(1, 2))
    .map((name) => keyring.id(`${server}/${name}`));
  // The everyday key mostly stays, or this server falls silent for the rest of the run.
  const daily = random.chance(0.8) ? [keyring.id(`${server}/k1`)] : [];
  const list = [...new Set([...kept, ...daily, ...more])].slice(0, 4);
  return {
    roomId: world.mainRoom,
    draft: { type: 'm.server.keys', sender: `@:${server}`, state_key: root, content: { keys: list } },
    signers: [keyring.signer(`${server}/${by}`)],
  };
}
