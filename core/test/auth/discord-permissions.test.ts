import { expect } from 'chai';
import fc from 'fast-check';
import { ALL_BITS, BITS, CHANNEL_BITS, EVERYDAY_BITS } from '../../src/auth/permission-bits.ts';
import { actingBits, effectivePermissions } from '../../src/auth/permissions.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { holds } from '../vectors/random.ts';
import {
  admission,
  CHANNEL,
  type Draft,
  grant,
  guild,
  K,
  make,
  membership,
  overwrites,
  roles,
  type SmallRoom,
  user,
} from './small-room.ts';

/** Discord's developer documentation, "Permissions", table "Bitwise Permission Flags": those that exist here. */
const DISCORD = {
  CREATE_INVITE: 0x1n,
  KICK_MEMBERS: 0x2n,
  BAN_MEMBERS: 0x4n,
  ADMINISTRATOR: 0x8n,
  MANAGE_CHANNELS: 0x10n,
  MANAGE_GUILD: 0x20n,
  VIEW_CHANNEL: 0x400n,
  SEND_MESSAGES: 0x800n,
  MANAGE_MESSAGES: 0x2000n,
  CONNECT: 0x100000n,
  MANAGE_ROLES: 0x10000000n,
} as const;
const { VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES, ADMINISTRATOR, KICK_MEMBERS, CONNECT } = DISCORD;

interface Mask {
  readonly allow: bigint;
  readonly deny: bigint;
}

interface Guild {
  readonly everyone: bigint;
  /** Role ID to its bits and rank. */
  readonly roles: Readonly<Record<string, { readonly allow: bigint; readonly rank: number }>>;
  readonly held: readonly string[];
  readonly overwrites: { readonly everyone?: Mask; readonly roles: Readonly<Record<string, Mask>>; readonly member?: Mask };
  readonly isOwner: boolean;
}

/**
 * Discord's documented algorithm ("Permission Overwrites", `compute_base_permissions` and `compute_overwrites`, and "Implicit Permissions": without VIEW_CHANNEL
 * nothing), written down a second time. What is OpenGuild's own: an overwrite touches bits of channels alone.
 */
function byDiscord({ everyone, roles: all, held, overwrites: over, isOwner }: Guild): { base: bigint; channel: bigint } {
  if (isOwner) return { base: ALL_BITS, channel: ALL_BITS };
  let base = everyone;
  for (const id of held) base |= all[id]?.allow ?? 0n;
  if ((base & ADMINISTRATOR) === ADMINISTRATOR) return { base: ALL_BITS, channel: ALL_BITS };
  let channel = base;
  const apply = ({ allow, deny }: Mask): void => {
    channel &= ~(deny & CHANNEL_BITS);
    channel |= allow & CHANNEL_BITS;
  };
  if (over.everyone !== undefined) apply(over.everyone);
  let [allow, deny] = [0n, 0n];
  for (const id of held) {
    allow |= over.roles[id]?.allow ?? 0n;
    deny |= over.roles[id]?.deny ?? 0n;
  }
  apply({ allow, deny });
  if (over.member !== undefined) apply(over.member);
  return { base, channel: (channel & VIEW_CHANNEL) === 0n ? 0n : channel };
}

const written = ({ allow, deny }: Mask): JsonObject => ({ allow: String(allow), deny: String(deny) });

/** The guild of `small-room.ts` with these roles and overwrites; the member is `sam`, or its owner `olga`. */
function roomOf(
  { everyone, roles: all, held, overwrites: over, isOwner }: Guild,
  more: readonly Draft[] = [],
): { room: SmallRoom; name: string } {
  const name = isOwner ? 'olga' : 'sam';
  const changed = Object.fromEntries(Object.entries(all).map(([id, { allow, rank }]) => [id, { rank, allow: String(allow) }]));
  const list = [
    ...(over.everyone === undefined ? [] : [{ kind: 'role', id: 'everyone', ...written(over.everyone) }]),
    ...Object.entries(over.roles).map(([id, mask]) => ({ kind: 'role', id, ...written(mask) })),
    ...(over.member === undefined ? [] : [{ kind: 'member', id: user(name), ...written(over.member), stay: `$join ${name}` }]),
  ];
  const room = guild.with(
    roles('olga', { everyone: { rank: 0, allow: String(everyone) }, ...changed }),
    grant(name, held),
    overwrites('olga', list),
    ...more,
  );
  return { room, name };
}

const NOTHING: Guild = { everyone: 0n, roles: {}, held: [], overwrites: { roles: {} }, isOwner: false };
const TALK = VIEW_CHANNEL | SEND_MESSAGES;

describe('permissions, against Discord’s documented algorithm', () => {
  it('AUTH-4.14: bits have the numbers of Discord where Discord has them', () => {
    for (const [name, bit] of Object.entries(DISCORD)) expect(BITS[name as keyof typeof BITS], name).to.equal(bit);
    expect(Object.keys(BITS)).to.have.members([...Object.keys(DISCORD), 'ADMIT_SERVERS']);
  });

  const table: [string, Partial<Guild>, expected: { base: bigint; channel: bigint }, rank: number][] = [
    ['nothing gives nothing', {}, { base: 0n, channel: 0n }, 0],
    ['everyone’s bits', { everyone: TALK }, { base: TALK, channel: TALK }, 0],
    [
      'the owner has all, whatever the overwrites',
      { isOwner: true, overwrites: { everyone: { allow: 0n, deny: TALK }, roles: {} } },
      { base: ALL_BITS, channel: ALL_BITS },
      1_000_000,
    ],
    [
      'an administrator has all, whatever the overwrites',
      {
        roles: { r1: { allow: ADMINISTRATOR, rank: 9 } },
        held: ['r1'],
        overwrites: { everyone: { allow: 0n, deny: TALK }, roles: { r1: { allow: 0n, deny: TALK } } },
      },
      { base: ALL_BITS, channel: ALL_BITS },
      9,
    ],
    [
      'everyone’s deny',
      { everyone: TALK, overwrites: { everyone: { allow: 0n, deny: SEND_MESSAGES }, roles: {} } },
      { base: TALK, channel: VIEW_CHANNEL },
      0,
    ],
    [
      'everyone’s allow',
      { everyone: VIEW_CHANNEL, overwrites: { everyone: { allow: SEND_MESSAGES, deny: 0n }, roles: {} } },
      { base: VIEW_CHANNEL, channel: TALK },
      0,
    ],
    [
      'a role’s allow goes before everyone’s deny',
      {
        everyone: TALK,
        roles: { r1: { allow: 0n, rank: 3 } },
        held: ['r1'],
        overwrites: { everyone: { allow: 0n, deny: SEND_MESSAGES }, roles: { r1: { allow: SEND_MESSAGES, deny: 0n } } },
      },
      { base: TALK, channel: TALK },
      3,
    ],
    [
      'of roles together, any allow goes before any deny, whatever their ranks',
      {
        everyone: TALK,
        roles: { r1: { allow: 0n, rank: 3 }, r2: { allow: 0n, rank: 50 } },
        held: ['r1', 'r2'],
        overwrites: { roles: { r1: { allow: SEND_MESSAGES, deny: 0n }, r2: { allow: 0n, deny: SEND_MESSAGES } } },
      },
      { base: TALK, channel: TALK },
      50,
    ],
    [
      'an overwrite of a role that is not held',
      {
        everyone: TALK,
        roles: { r1: { allow: 0n, rank: 3 } },
        overwrites: { roles: { r1: { allow: MANAGE_MESSAGES, deny: SEND_MESSAGES } } },
      },
      { base: TALK, channel: TALK },
      0,
    ],
    [
      'the member’s deny goes before a role’s allow',
      {
        everyone: TALK,
        roles: { r1: { allow: 0n, rank: 3 } },
        held: ['r1'],
        overwrites: { roles: { r1: { allow: SEND_MESSAGES, deny: 0n } }, member: { allow: 0n, deny: SEND_MESSAGES } },
      },
      { base: TALK, channel: VIEW_CHANNEL },
      3,
    ],
    [
      'the member’s allow goes before all denies',
      {
        everyone: TALK,
        overwrites: { everyone: { allow: 0n, deny: SEND_MESSAGES }, roles: {}, member: { allow: SEND_MESSAGES, deny: 0n } },
      },
      { base: TALK, channel: TALK },
      0,
    ],
    [
      'who cannot view can do nothing',
      { everyone: TALK | CONNECT, overwrites: { everyone: { allow: 0n, deny: VIEW_CHANNEL }, roles: {} } },
      { base: TALK | CONNECT, channel: 0n },
      0,
    ],
    [
      'who cannot send can still view',
      { everyone: TALK, overwrites: { roles: {}, member: { allow: 0n, deny: SEND_MESSAGES } } },
      { base: TALK, channel: VIEW_CHANNEL },
      0,
    ],
    [
      'an overwrite gives nothing that is not of channels',
      { everyone: TALK, overwrites: { everyone: { allow: KICK_MEMBERS | ADMINISTRATOR, deny: 0n }, roles: {} } },
      { base: TALK, channel: TALK },
      0,
    ],
  ];
  for (const [why, change, expected, rank] of table) {
    it(`AUTH-4.18: ${why}`, () => {
      const given: Guild = { ...NOTHING, ...change };
      expect(byDiscord(given), 'the test’s own algorithm').to.deep.equal(expected);
      const { room, name } = roomOf(given);
      expect(effectivePermissions(room.view(), user(name))).to.include({ bits: expected.base, rank });
      expect(effectivePermissions(room.view(), user(name), CHANNEL)).to.include({ bits: expected.channel, rank });
    });
  }

  it('the same for any roles and overwrites; and the steps that say why add up', () => {
    const bits = fc.constantFrom(0n, ...Object.values(BITS), 1n << 63n, TALK, TALK | MANAGE_MESSAGES | KICK_MEMBERS);
    const mask = fc.tuple(bits, bits).map(([allow, deny]): Mask => ({ allow, deny: deny & ~allow }));
    const ids = ['r1', 'r2', 'r3'];
    const some = fc.subarray(ids);
    const given: fc.Arbitrary<Guild> = fc.record({
      everyone: bits.map((one) => one & ~(ADMINISTRATOR | BITS.ADMIT_SERVERS)),
      roles: fc
        .tuple(...ids.map(() => fc.record({ allow: bits, rank: fc.nat(100) })))
        .map((all) => Object.fromEntries(all.map((one, i) => [ids[i], one]))),
      held: some,
      overwrites: fc.record(
        {
          everyone: mask,
          roles: fc.tuple(some, mask, mask).map(([list, a, b]) => Object.fromEntries(list.map((id, i) => [id, i === 1 ? b : a]))),
          member: mask,
        },
        { requiredKeys: ['roles'] },
      ),
      isOwner: fc.nat(9).map((n) => n === 0),
    });
    holds(
      given,
      (one) => {
        const { room, name } = roomOf(one);
        const expected = byDiscord(one);
        const inGuild = effectivePermissions(room.view(), user(name));
        const inChannel = effectivePermissions(room.view(), user(name), CHANNEL);
        expect([inGuild.bits, inChannel.bits]).to.deep.equal([expected.base, expected.channel]);
        const highest = Math.max(0, ...one.held.map((id) => one.roles[id]?.rank ?? 0));
        expect(inGuild.rank).to.equal(one.isOwner ? 1_000_000 : highest);
        for (const { bits: end, why } of [inGuild, inChannel])
          expect(why.reduce((sum, { gained, lost }) => (sum | gained) & ~lost, 0n)).to.equal(end);
      },
      500,
    );
  });

  it('AUTH-4.8: no rank above the ceiling of the user’s server, and none where it is not admitted', () => {
    const high = { roles: { r1: { allow: TALK, rank: 80 } }, held: [] };
    for (const [ceiling, rank] of [
      [90, 80],
      [80, 80],
      [79, 79],
      [0, 0],
    ] as const) {
      const { room } = roomOf({ ...NOTHING, ...high }, [grant('max@b', ['r1']), admission('olga', 'b.example', ceiling)]);
      expect(effectivePermissions(room.view(), user('max@b'))).to.include({ rank, bits: TALK });
    }
  });

  it('AUTH-4.17: without the person’s own key roles give what needs none', () => {
    const { room, name } = roomOf({ ...NOTHING, everyone: TALK, roles: { r1: { allow: ADMINISTRATOR, rank: 80 } }, held: ['r1'] });
    const bound = room.with(grant(name, ['r1'], { key: K.p }));
    const sent = (signed: readonly string[]) => make({ type: 'm.room.message', sender: user(name), signed_by: signed });
    expect(actingBits(bound.view(), sent([K.a1, K.p]))).to.equal(ALL_BITS);
    expect(actingBits(bound.view(), sent([K.a1]))).to.equal(TALK | EVERYDAY_BITS);
  });

  it('AUTH-4.16: who is not joined has no permission, whatever everyone has', () => {
    for (const what of ['leave', 'ban', 'invite'] as const) {
      const { room } = roomOf({ ...NOTHING, everyone: TALK }, [membership('olga', 'sam', what)]);
      for (const where of [undefined, CHANNEL]) {
        const { bits, rank, why } = effectivePermissions(room.view(), user('sam'), where);
        expect([bits, rank, why.map(({ step }) => step)]).to.deep.equal([0n, 0, ['not-a-member']]);
      }
    }
  });
});
