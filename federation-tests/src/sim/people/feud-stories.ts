import { BITS, type JsonObject, serverOf } from '@openguild/core';
import { member } from './draft-membership.ts';
import type { Cast } from './feuds.ts';
import type { Random } from '../environment/random.ts';
import { ADMIN, rolesContent } from './roles.ts';
import { stateWish, type Wish, type Wisher } from './state-now.ts';

type Verb = (wisher: Wisher, cast: Cast) => Wish | undefined;

const inChannel =
  (type: string, stateKey: string | undefined, content: (wisher: Wisher) => JsonObject): Verb =>
  (wisher) => {
    const { world, who, signers } = wisher;
    const [roomId] = world.channels;
    if (roomId === undefined) return undefined;
    const draft = { type, sender: who, content: content(wisher), ...(stateKey === undefined ? {} : { state_key: stateKey }) };
    return { roomId, draft, signers };
  };

const some = ({ random }: Wisher): string => `feud ${random.int(1_000_000)}`;
const grant =
  (whom: keyof Cast, ...roles: readonly string[]): Verb =>
  (wisher, cast) => {
    const { now } = wisher;
    const { key } = now.get('m.guild.member_roles', cast[whom])?.content ?? {};
    const content = { stay: now.stay(cast[whom]), roles: [...roles], ...(key === undefined ? {} : { key }) };
    return stateWish(wisher, 'm.guild.member_roles', cast[whom], content);
  };
const put =
  (membership: 'leave' | 'ban', whom: keyof Cast): Verb =>
  (wisher, cast) =>
    member(wisher, cast[whom], { membership });
const roles =
  (change: Readonly<Record<string, bigint>>): Verb =>
  (wisher) =>
    stateWish(wisher, 'm.guild.authority', '', { roles: rolesContent(change) });
const overwritten =
  (id: string, allow: bigint, deny: bigint): Verb =>
  (wisher) => {
    const [channel] = wisher.world.channels;
    return channel === undefined
      ? undefined
      : stateWish(wisher, 'm.channel.overwrites', channel, {
          overwrites: [{ kind: 'role', id, allow: allow.toString(), deny: deny.toString() }],
        });
  };
const fence = (id: string): Verb => overwritten(id, 0n, BITS.MANAGE_MESSAGES | BITS.SEND_MESSAGES);
/** Without the person's own key, if he has one. */
const unsigned =
  (verb: Verb): Verb =>
  (wisher, cast) =>
    verb({ ...wisher, signers: wisher.signers.slice(0, 1) }, cast);
/** Gives the high one a key of his own, with which he signs from now on. */
const keyed: Verb = (wisher, { high }) => {
  const { world, now } = wisher;
  const name = world.personKeys.get(high) ?? `${high}/p0`;
  world.personKeys.set(high, name);
  return stateWish(wisher, 'm.guild.member_roles', high, { stay: now.stay(high), roles: ['admin'], key: world.keyring.id(name) });
};
/** The neighbour's server may not rank higher than this any more. */
const capped =
  (rank: number): Verb =>
  (wisher, { neighbour }) => {
    const name = serverOf(neighbour);
    const present = wisher.now.get('m.server.admission', name)?.content;
    return present === undefined ? undefined : stateWish(wisher, 'm.server.admission', name, { ...present, rank });
  };
const root = ({ world, who }: Wisher): string => world.keyring.id(`${who.slice(who.indexOf(':') + 1)}/k0`);

export const VERBS = {
  // in the channel
  pins: inChannel('m.channel.pins', '', (wisher) => ({ pinned: [some(wisher)] })),
  topic: inChannel('m.channel.topic', '', (wisher) => ({ topic: some(wisher) })),
  'pins unsigned': unsigned(inChannel('m.channel.pins', '', (wisher) => ({ pinned: [some(wisher)] }))),
  'writes unsigned': unsigned(inChannel('m.room.message', undefined, (wisher) => ({ body: some(wisher) }))),
  writes: inChannel('m.room.message', undefined, (wisher) => ({ body: some(wisher) })),
  // in the guild, to no effect on anybody's rights
  renames: (wisher) => stateWish(wisher, 'm.guild.meta', '', { name: some(wisher) }),
  turns: (wisher) =>
    member(wisher, wisher.who, { membership: 'join', root: root(wisher), stay: wisher.now.stay(wisher.who), displayname: some(wisher) }),
  closes: (wisher) => stateWish(wisher, 'm.room.join_rules', '', { join_rule: 'invite' }),
  opens: (wisher) => stateWish(wisher, 'm.room.join_rules', '', { join_rule: 'public' }),
  // rights
  'disarms admin': roles({ admin: ADMIN & ~(BITS.MANAGE_MESSAGES | BITS.MANAGE_CHANNELS) }),
  'disarms low': roles({ low: BITS.VIEW_CHANNEL }),
  'disarms mod': roles({ mod: BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES }),
  'fences admin': fence('admin'),
  'fences everyone': fence('everyone'),
  'lets everyone pin': overwritten('everyone', BITS.MANAGE_MESSAGES, 0n),
  'makes admin chief': roles({ admin: ADMIN | BITS.ADMINISTRATOR }),
  'keys high': keyed,
  'caps neighbour': capped(20),
  'raises neighbour': grant('neighbour', 'admin'),
  'strips neighbour': grant('neighbour'),
  'strips high': grant('high'),
  'lowers high': grant('high', 'low'),
  'strips mod': grant('mod'),
  'promotes target': grant('target', 'mod'),
  'promotes guest': grant('guest', 'low'),
  'lowers target': grant('target', 'low'),
  // membership
  'bans target': put('ban', 'target'),
  'kicks target': put('leave', 'target'),
  'bans guest': put('ban', 'guest'),
  'kicks guest': put('leave', 'guest'),
  'bans mod': put('ban', 'mod'),
  'kicks mod': put('leave', 'mod'),
  'kicks high': put('leave', 'high'),
  leaves: (wisher) => member(wisher, wisher.who, { membership: 'leave' }),
  joins: (wisher) => member(wisher, wisher.who, { membership: 'join', root: root(wisher) }),
} satisfies Record<string, Verb>;

type Step = readonly [who: keyof Cast, verb: keyof typeof VERBS];

/** What each side does while it does not hear the other. */
export interface Story {
  /** What is done before, while all hear each other. */
  readonly first?: readonly Step[];
  readonly left: readonly Step[];
  readonly right: readonly Step[];
  /** What the owner does where nobody hears it until left and right have met. */
  readonly apart?: readonly Step[];
}

const STORIES: readonly Story[] = [
  // RES-8: one who ranks higher has lost the right, as only both sides together show.
  {
    left: [
      ['high', 'turns'],
      ['high', 'pins'],
    ],
    right: [
      ['owner', 'disarms admin'],
      ['mod', 'pins'],
    ],
  },
  {
    left: [
      ['high', 'turns'],
      ['high', 'pins'],
    ],
    right: [
      ['owner', 'fences admin'],
      ['mod', 'pins'],
    ],
  },
  // RES-8: one knows more of the guild, the other ranks higher.
  {
    left: [['high', 'pins']],
    right: [
      ['owner', 'renames'],
      ['mod', 'pins'],
    ],
  },
  // RES-8: rank alone.
  {
    left: [
      ['high', 'turns'],
      ['high', 'pins'],
    ],
    right: [
      ['owner', 'renames'],
      ['mod', 'pins'],
    ],
  },
  // RES-2: a value weighs what the values weigh that it follows.
  {
    left: [
      ['high', 'lowers target'],
      ['high', 'promotes target'],
    ],
    right: [
      ['owner', 'promotes target'],
      ['mod', 'lowers target'],
    ],
  },
  // RES-3
  { left: [['high', 'bans target']], right: [['owner', 'kicks target']] },
  // RES-5, RES-6: what an act rests on is gone, or what ranks higher forbids it.
  {
    left: [
      ['high', 'bans target'],
      ['high', 'renames'],
    ],
    right: [['owner', 'strips high']],
  },
  {
    left: [
      ['high', 'kicks mod'],
      ['high', 'closes'],
    ],
    right: [
      ['mod', 'bans target'],
      ['owner', 'promotes target'],
    ],
  },
  {
    left: [
      ['high', 'closes'],
      ['target', 'leaves'],
      ['target', 'joins'],
    ],
    right: [
      ['mod', 'bans target'],
      ['owner', 'promotes target'],
    ],
  },
];

const MORE: readonly Story[] = [
  // AUTH-7.3: a role is taken that ranks above who takes it, from one who ranks below him, since his server may not rank higher.
  {
    first: [
      ['owner', 'raises neighbour'],
      ['owner', 'caps neighbour'],
    ],
    left: [],
    right: [['mod', 'strips neighbour']],
  },
  // AUTH-4.17, AUTH-4.18: whoever has ADMINISTRATOR and not signed with his own key gets nothing by overwrites, and loses nothing.
  {
    first: [
      ['owner', 'makes admin chief'],
      ['owner', 'keys high'],
      ['owner', 'lets everyone pin'],
    ],
    left: [['high', 'pins unsigned']],
    right: [['mod', 'pins']],
  },
  {
    first: [
      ['owner', 'makes admin chief'],
      ['owner', 'keys high'],
      ['owner', 'fences everyone'],
    ],
    left: [['high', 'writes unsigned']],
    right: [['owner', 'renames']],
  },
  // ENG-10: what is written knows of an act that only the writer's side follows, until somebody has seen both.
  {
    left: [
      ['high', 'renames'],
      ['high', 'writes'],
    ],
    right: [['owner', 'strips high']],
  },
  // RES-5: an act rests on a grant that what ranks higher undoes.
  {
    left: [
      ['high', 'promotes target'],
      ['target', 'disarms low'],
    ],
    right: [['owner', 'strips high']],
  },
  {
    left: [
      ['high', 'promotes target'],
      ['target', 'bans guest'],
    ],
    right: [['owner', 'kicks high']],
  },
  // RES-6: equal ranks do not undo each other.
  { left: [['target', 'promotes guest']], right: [['mod', 'bans guest']] },
  { left: [['target', 'kicks guest']], right: [['mod', 'promotes guest']] },
  // RES-1, RES-4: what is void comes to stand again, since what made it void was undone itself.
  { left: [['high', 'kicks mod']], right: [['mod', 'bans guest']], apart: [['owner', 'strips high']] },
  { left: [['high', 'strips mod']], right: [['mod', 'disarms low']], apart: [['owner', 'kicks high']] },
  {
    left: [['high', 'bans mod']],
    right: [
      ['mod', 'promotes guest'],
      ['guest', 'turns'],
    ],
    apart: [['owner', 'lowers high']],
  },
];

const NAMES = Object.keys(VERBS) as (keyof typeof VERBS)[];

/** One that was thought of, or whatever comes. */
export function drawStory(random: Random): Story {
  if (random.chance(0.75)) return random.pick([...STORIES, ...MORE]);
  const steps = (actors: readonly (keyof Cast)[]): Step[] =>
    Array.from({ length: random.between(1, 4) }, () => [random.pick(actors), random.pick(NAMES)] as const);
  const two = { left: steps(['high', 'high', 'target']), right: steps(['mod', 'mod', 'target', 'guest']) };
  return random.chance(0.5) ? { ...two, apart: steps(['owner']) } : { ...two, right: [...two.right, ...steps(['owner'])] };
}
