import { type JsonObject, serverOf } from '@openguild/core';
import type { Random } from '../environment/random.ts';
import type { ActKind } from '../shape.ts';
import { listing } from './draft-guild.ts';
import { member } from './draft-membership.ts';
import { drawWish } from './drafts.ts';
import type { Cast } from './feuds.ts';
import { VERBS } from './feud-stories.ts';
import { atLimit } from './limits.ts';
import { RECIPES } from './precise.ts';
import { type StateNow, stateWish, type Wish, type Wisher } from './state-now.ts';

/** Draws something that somebody might do. Undefined where there is nothing to act on. */
export type Draw = (wisher: Wisher) => Wish | undefined;

/** Acts by how many demands the rules make of them. */
const ACTS: Readonly<Record<ActKind, number>> = {
  ...{ authority: 6, grant: 6, overwrites: 6, levels: 6 },
  ...{ keys: 3, admit: 3, join: 3, kick: 2, ban: 2, unban: 2, list: 2, topic: 2, pins: 2, message: 2 },
  ...{ invite: 1, leave: 1, profile: 1, role: 1, meta: 1, successor: 1, rules: 1, merge: 1, reply: 1, redact: 1, tries: 0 },
};

const act: Draw = (wisher) => drawWish(wisher.random.weighted(ACTS), wisher);
const recipe: Draw = (wisher) => wisher.random.pick(RECIPES)({ ...wisher, target: anyone(wisher) });
const limit: Draw = (wisher) => atLimit(wisher, anyone(wisher));
const verb: Draw = (wisher) => told(wisher.random.pick(NAMES), wisher);

/** Somebody who is no member joins, and a member's server signs for it. */
const vouched: Draw = (wisher) => {
  const { world, now, random } = wisher;
  const [members, others] = [true, false].map((isMember) =>
    world.servers.flatMap(({ users }) => users).filter((user) => (now.membership(user) === 'join') === isMember),
  ) as [string[], string[]];
  if (members.length === 0 || others.length === 0) return undefined;
  // Now and then by one who is none himself.
  const [who, voucher] = [random.pick(others), random.pick(random.chance(0.2) ? others : members)];
  const signers = [who, voucher].map((user) => world.keyring.signer(`${serverOf(user)}/k1`));
  const content = { membership: 'join', root: world.keyring.id(`${serverOf(who)}/k0`), join_authorised_via: voucher };
  return member({ ...wisher, who, signers: serverOf(who) === serverOf(voucher) ? signers.slice(1) : signers }, who, content);
};

const NAMES = Object.keys(VERBS) as (keyof typeof VERBS)[];

/** Whatever there is, most of it aimed at some rule. */
export const ANYTHING: Draw = (wisher) =>
  ({ act, recipe, limit, verb, vouched })[wisher.random.weighted({ act: 8, recipe: 10, limit: 1, verb: 6, vouched: 3 })](wisher);

/** What an owner may do first that others have to live with: he closes the room, deletes or lists a channel, or plays any part of a story. */
export const OPENING: Draw = (wisher) => {
  const how = wisher.random.weighted({ closes: 3, lists: 2, told: 5 });
  if (how === 'closes') return stateWish(wisher, 'm.room.join_rules', '', { join_rule: 'invite' });
  return how === 'lists' && wisher.world.shape.kind === 'guild' ? listing(wisher) : verb(wisher);
};

const weighed = (weights: Partial<Record<ActKind, number>>): Draw => {
  const all = Object.fromEntries(Object.keys(ACTS).map((kind) => [kind, weights[kind as ActKind] ?? 0])) as Record<ActKind, number>;
  return (wisher) => drawWish(wisher.random.weighted(all), wisher);
};

/** What orders a room otherwise: who holds what, and what that lets him do. */
export const ORDERING = {
  guild: weighed({ authority: 6, grant: 9, overwrites: 9, join: 3, list: 1, admit: 1, rules: 1, kick: 1, ban: 1, invite: 1, keys: 1 }),
  plain: weighed({ levels: 8, join: 2, admit: 2, rules: 1, kick: 1, ban: 1, invite: 1, keys: 1 }),
};

/** What shows which rights somebody has, in the room and in a channel. */
export const QUESTIONS = {
  guild: weighed({
    leave: 1,
    join: 2,
    message: 2,
    topic: 3,
    pins: 3,
    overwrites: 5,
    list: 2,
    authority: 4,
    grant: 4,
    invite: 1,
    meta: 1,
    admit: 1,
    kick: 1,
    ban: 1,
  }),
  plain: weighed({ leave: 1, join: 3, message: 2, topic: 3, pins: 3, levels: 6, invite: 1, rules: 1, admit: 1, kick: 1, ban: 1, unban: 1 }),
};

/** Mostly few kinds of acts, so that they get into each other's way; now and then all. */
export function drawPalette(random: Random): Draw {
  // Many values of one entry, and acts that they authorise.
  if (random.chance(0.2))
    return (wisher) => drawWish(wisher.random.weighted({ authority: 4, levels: 4, kick: 1, ban: 1, profile: 1 }), wisher);
  if (random.chance(0.3)) return (wisher) => (wisher.random.chance(0.5) ? act : verb)(wisher);
  const some: Draw[] = Array.from({ length: random.between(1, 4) }, () => {
    const [kind, name] = [random.weighted(ACTS), random.pick(NAMES)];
    return random.chance(0.5) ? (wisher) => drawWish(kind, wisher) : (wisher) => told(name, wisher);
  });
  return (wisher) => wisher.random.pick(some)(wisher);
}

/** Mostly one who holds a role or a power level. */
export function somebody(random: Random, now: StateNow, users: readonly string[]): string {
  const holds = (user: string): boolean => {
    const { roles } = now.get('m.guild.member_roles', user)?.content ?? {};
    const { users: levels } = now.get('m.room.power_levels')?.content ?? {};
    return (Array.isArray(roles) && roles.length > 0) || (levels !== undefined && Object.hasOwn(levels as JsonObject, user));
  };
  const [owner = ''] = users;
  return random.pick(random.chance(0.5) ? [owner, ...users.filter(holds)] : users);
}

/** With anybody in any part of the story; where there are no guilds there are none. */
function told(name: keyof typeof VERBS, wisher: Wisher): Wish | undefined {
  if (wisher.world.shape.kind === 'plain') return undefined;
  const [high, mod, target, guest, neighbour] = [0, 1, 2, 3, 4].map(() => anyone(wisher)) as [string, string, string, string, string];
  const cast: Cast = { owner: wisher.world.servers[0]?.users[0] ?? '', high, mod, target, guest, neighbour };
  return VERBS[name](wisher, cast);
}

function anyone({ world, random }: Wisher): string {
  return random.pick(world.servers.flatMap(({ users }) => users));
}
