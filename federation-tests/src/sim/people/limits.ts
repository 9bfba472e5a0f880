import { type JsonObject, type JsonValue, serverOf } from '@openguild/core';
import type { Random } from '../environment/random.ts';
import { rolesContent } from './roles.ts';
import type { Wish, Wisher } from './state-now.ts';

/** Contents as large as AUTH-3 lets them be, and one larger. */
const CONTENTS: Readonly<Record<string, (wisher: Wisher, most: (limit: number) => number, target: string) => JsonObject>> = {
  'm.guild.authority': (_, most) => ({
    roles: { ...rolesContent(), ...Object.fromEntries(numbered(most(246), (i) => [`r${i}`, { rank: 0, allow: '0' }] as const)) },
  }),
  'm.guild.member_roles': ({ now }, most, target) => ({ stay: now.stay(target), roles: numbered(most(64), (i) => `r${i}`) }),
  'm.channel.overwrites': (_, most) => ({
    overwrites: numbered(most(200), (i) => ({ kind: 'role', id: `r${i}`, allow: '0', deny: '0' })),
  }),
};

/** The same of single values: a name, a number, a mask of bits. */
const VALUES: readonly ((random: Random) => JsonValue)[] = [
  (random) => random.pick([-65_536, -65_535, -1, 0, 65_535, 65_536]),
  (random) => 'x'.repeat(random.pick([0, 1, 64, 65, 255, 256])),
  (random) => random.pick(['18446744073709551615', '18446744073709551616', '00', '-1', '0x1', ' 1']),
];

/** An event whose content is about as large as it may be. */
export function atLimit(wisher: Wisher, target: string): Wish {
  const { world, random, who, signers } = wisher;
  if (random.chance(0.2)) return keysAtLimit(wisher);
  const type = random.pick(Object.keys(CONTENTS));
  const content = CONTENTS[type]?.(wisher, (limit) => limit + random.int(2), target) ?? {};
  const stateKey = type === 'm.guild.member_roles' ? target : type === 'm.channel.overwrites' ? (world.channels[0] ?? '') : '';
  return { roomId: world.mainRoom, draft: { type, sender: who, state_key: stateKey, content }, signers };
}

/** As many keys as a server may have, or one more: its root signs, so that it may name any. */
function keysAtLimit({ world: { keyring, mainRoom }, random, who }: Wisher): Wish {
  const server = serverOf(who);
  const root = keyring.signer(`${server}/k0`);
  const keys = numbered(4 + random.int(2), (i) => keyring.id(`${server}/k${i}`));
  return {
    roomId: mainRoom,
    draft: { type: 'm.server.keys', sender: `@:${server}`, state_key: root.key_id, content: { keys } },
    signers: [root],
  };
}

/** A name, number or mask that is just in its bounds, or just outside. */
export function valueAtLimit(random: Random): JsonValue {
  return random.pick(VALUES)(random);
}

function numbered<T>(count: number, one: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => one(i));
}
