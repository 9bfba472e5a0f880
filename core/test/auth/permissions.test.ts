import { expect } from 'chai';
import fc from 'fast-check';
import { ALL_BITS, BITS, CHANNEL_BITS, describeMask, parseMask, permissionNames } from '../../src/auth/permission-bits.ts';
import { actingBits, effectivePermissions } from '../../src/auth/permissions.ts';
import { rankOf, userRank } from '../../src/auth/rank.ts';
import { OWNER_RANK } from '../../src/auth/servers.ts';
import type { JsonObject } from '../../src/json/value.ts';
import {
  ADMIN,
  admission,
  CHANNEL,
  EVERYDAY,
  grant,
  guild,
  K,
  make,
  MOD,
  overwrites,
  plain,
  roles,
  state,
  type SmallRoom,
  user,
} from './small-room.ts';

const { VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES, ADMINISTRATOR, CONNECT } = BITS;

function bits(room: SmallRoom, name: string, channel?: string): string {
  return permissionNames(effectivePermissions(room.view(), user(name), channel).bits).join(' ');
}

function entry(kind: string, id: string, allow: bigint, deny: bigint, more: JsonObject = {}): JsonObject {
  return { kind, id, allow: String(allow), deny: String(deny), ...more };
}

describe('masks (AUTH-4.15)', () => {
  it('are canonical decimals below 2^64', () => {
    expect(parseMask('0')).to.equal(0n);
    expect(parseMask('18446744073709551615')).to.equal(ALL_BITS);
    for (const bad of [
      '18446744073709551616',
      '99999999999999999999',
      '-1',
      '+1',
      '01',
      '',
      ' 1',
      '1 ',
      '0x1',
      '1e3',
      '1.0',
      1,
      null,
      undefined,
      [],
    ]) {
      expect(parseMask(bad), String(bad)).to.equal(undefined);
    }
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: ALL_BITS }), (mask) => parseMask(String(mask)) === mask),
      { verbose: 1 },
    );
  });

  it('have names, Discord’s numbers, and numbers where there is no name', () => {
    expect(permissionNames(1n | (1n << 20n) | (1n << 63n))).to.deep.equal(['CREATE_INVITE', 'CONNECT', 'BIT_63']);
    expect(describeMask(ALL_BITS)).to.equal('every permission');
    expect(describeMask(ALL_BITS & ~BITS.VIEW_CHANNEL), 'what an owner gains over everyone').to.equal('every other permission');
    expect(describeMask(BITS.KICK_MEMBERS | (1n << 63n))).to.equal('KICK_MEMBERS, BIT_63');
  });
});

describe('permissions in the guild (AUTH-4.16)', () => {
  it('are those of everyone and of all roles', () => {
    expect(effectivePermissions(guild.view(), user('sam')).bits).to.equal(EVERYDAY);
    expect(effectivePermissions(guild.view(), user('mod')).bits).to.equal(MOD);
  });

  it('are none for who is not joined, every one for the owner and for administrators', () => {
    for (const outside of ['ivy', 'bad', 'new']) expect(effectivePermissions(guild.view(), user(outside)).bits).to.equal(0n);
    expect(effectivePermissions(guild.view(), user('olga')).bits).to.equal(ALL_BITS);
    const room = guild.with(roles('olga', { low: { rank: 10, allow: String(ADMINISTRATOR) } }), grant('sam', ['low']));
    expect(effectivePermissions(room.view(), user('sam')).bits).to.equal(ALL_BITS);
  });

  it('end with the stay for which the roles were granted', () => {
    const again = {
      type: 'm.room.member',
      sender: user('mod'),
      state_key: user('mod'),
      event_id: '$later',
      content: { membership: 'join', root: K.a0 },
    };
    expect(effectivePermissions(guild.with(again).view(), user('mod')).bits).to.equal(EVERYDAY);
    const goesOn = { ...again, content: { ...again.content, stay: '$join mod' } };
    expect(effectivePermissions(guild.with(goesOn).view(), user('mod')).bits).to.equal(MOD);
  });

  it('say where they come from', () => {
    const { why } = effectivePermissions(guild.view(), user('mod'));
    expect(why.map(({ step, source }) => `${step} ${source}`)).to.deep.equal(['everyone everyone', 'role mod']);
    expect(why[1]?.gained).to.equal(MOD & ~EVERYDAY);
  });
});

describe('permissions in a channel (AUTH-4.18)', () => {
  it('follow Discord’s order: everyone, then roles together, then the member', () => {
    const room = guild.with(
      grant('sam', ['low', 'mod']),
      overwrites('olga', [
        entry('role', 'everyone', MANAGE_MESSAGES, SEND_MESSAGES),
        entry('role', 'low', 0n, MANAGE_MESSAGES),
        entry('role', 'mod', SEND_MESSAGES | MANAGE_MESSAGES, 0n),
        entry('member', user('sam'), 0n, SEND_MESSAGES, { stay: '$join sam' }),
      ]),
    );
    const { bits: held, why } = effectivePermissions(room.view(), user('sam'), CHANNEL);
    expect(held & CHANNEL_BITS).to.equal((MOD | MANAGE_MESSAGES) & CHANNEL_BITS & ~SEND_MESSAGES);
    expect(why.map((step) => step.step)).to.deep.equal(['everyone', 'role', 'overwrite-everyone', 'overwrite-roles', 'overwrite-member']);
  });

  it('give a role what the guild gives nobody, and ignore bits that are not of channels', () => {
    const room = guild.with(
      roles('olga', { everyone: { rank: 0, allow: '0' }, low: { rank: 10, allow: '0' } }),
      grant('sam', ['low']),
      overwrites('olga', [entry('role', 'low', VIEW_CHANNEL | CONNECT | BITS.BAN_MEMBERS, 0n)]),
    );
    expect(bits(room, 'sam', CHANNEL)).to.equal('VIEW_CHANNEL CONNECT');
  });

  it('are none without VIEW_CHANNEL', () => {
    const room = guild.with(overwrites('olga', [entry('role', 'everyone', 0n, VIEW_CHANNEL)]));
    expect(bits(room, 'mod', CHANNEL)).to.equal('');
    expect(effectivePermissions(room.view(), user('olga'), CHANNEL).bits).to.equal(ALL_BITS);
  });

  it('end a member’s own allow with his stay, but not his deny', () => {
    const own = (stay: string): SmallRoom =>
      guild.with(overwrites('olga', [entry('member', user('sam'), MANAGE_MESSAGES, SEND_MESSAGES, { stay })]));
    expect(bits(own('$join sam'), 'sam', CHANNEL)).to.equal('CREATE_INVITE VIEW_CHANNEL MANAGE_MESSAGES');
    expect(bits(own('$earlier'), 'sam', CHANNEL)).to.equal('CREATE_INVITE VIEW_CHANNEL');
  });

  it('give everyday bits only where a person’s key was named and does not sign (AUTH-4.17)', () => {
    const room = guild.with(
      grant('adam', ['admin'], { key: K.p }),
      overwrites('olga', [entry('role', 'admin', MANAGE_MESSAGES, SEND_MESSAGES)]),
    );
    const event = (signed: readonly string[]) => make({ type: 'm.room.message', sender: user('adam'), signed_by: signed });
    expect(actingBits(room.view(), event([K.a1]))).to.equal(EVERYDAY);
    expect(actingBits(room.view(), event([K.a1, K.p]))).to.equal(ADMIN);
    expect(permissionNames(actingBits(room.view(), event([K.a1]), CHANNEL))).to.deep.equal(['CREATE_INVITE', 'VIEW_CHANNEL']);
    expect(actingBits(room.view(), event([K.a1, K.p]), CHANNEL)).to.equal(ADMIN & ~SEND_MESSAGES);
  });
});

describe('ranks (AUTH-4.8 to AUTH-4.12)', () => {
  it('are the highest of all roles, below the ceiling of the server, the owner’s above all', () => {
    expect(userRank(guild.with(grant('sam', ['low', 'mod'])).view(), user('sam'))).to.equal(50);
    expect(userRank(guild.with(admission('olga', 'b.example', 20)).view(), user('bea@b'))).to.equal(20);
    expect(userRank(guild.view(), user('olga'))).to.equal(OWNER_RANK);
    expect(userRank(guild.view(), user('new@c'))).to.equal(0);
  });

  it('are power levels in plain rooms, below the ceiling too', () => {
    expect(userRank(plain.view(), user('max@b'))).to.equal(50);
    expect(userRank(plain.with(state('olga', 'm.room.power_levels', { users_default: 7 })).view(), user('sam'))).to.equal(7);
  });

  it('of an event: 0 without the person’s key; keys above all users by trust; the create event highest', () => {
    const room = guild.with(grant('adam', ['admin'], { key: K.p }));
    const meta = { type: 'm.guild.meta', sender: user('adam'), state_key: '' };
    expect(rankOf(make(meta), room.view(), 'guild')).to.equal(0);
    expect(rankOf(make({ ...meta, signed_by: [K.a1, K.p] }), room.view(), 'guild')).to.equal(90);
    const keys = (signed: string) => rankOf(make({ ...state('@b', 'm.server.keys', {}, K.b0), signed_by: [signed] }), room.view(), 'guild');
    expect(keys(K.b0)).to.be.greaterThan(keys(K.b1));
    expect(keys(K.b1)).to.be.greaterThan(OWNER_RANK);
    expect(keys(K.c0)).to.equal(0);
    expect(rankOf(make({ type: 'm.guild.create', sender: user('olga') }), room.view(), 'guild')).to.be.greaterThan(keys(K.b0));
    expect(rankOf(make({ type: 'm.room.merge', sender: user('@b') }), room.view(), 'guild')).to.equal(0);
  });
});
