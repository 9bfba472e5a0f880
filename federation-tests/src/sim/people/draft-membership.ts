import { type JsonObject, serverOf } from '@openguild/core';
import { stateWish, type Wish, type Wisher } from './state-now.ts';

export function member(wisher: Wisher, user: string, content: JsonObject): Wish {
  return stateWish(wisher, 'm.room.member', user, content);
}

/** Mostly his server's root. */
export function root({ world, random, who }: Wisher): string {
  return world.keyring.id(`${serverOf(who)}/${random.chance(0.05) ? 'x0' : 'k0'}`);
}

/** Sometimes vouched for by somebody whose server signs too. */
export function join(wisher: Wisher, voucher: string): Wish {
  const { world, random, who, signers } = wisher;
  const content = { membership: 'join', root: root(wisher) };
  if (!random.chance(0.3)) return member(wisher, who, content);
  const cosigner = world.keyring.signer(`${serverOf(voucher)}/k1`);
  const own = signers.some((signer) => signer.key_id === cosigner.key_id) || random.chance(0.1);
  return member({ ...wisher, signers: own ? signers : [...signers, cosigner] }, who, { ...content, join_authorised_via: voucher });
}

/** Mostly of somebody who is banned, by the ban that counts. */
export function unban(wisher: Wisher, users: readonly string[], otherwise: string): Wish {
  const { random, now } = wisher;
  const banned = users.filter((user) => now.membership(user) === 'ban');
  const one = banned.length > 0 ? random.pick(banned) : otherwise;
  return member(wisher, one, { membership: 'leave', ban: now.get('m.room.member', one)?.event_id ?? 'none' });
}
