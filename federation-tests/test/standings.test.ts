import { BITS, type JsonObject, type RoomEvent, StateView } from '@openguild/core';
import { expect } from 'chai';
import { KIND_OF_CREATE, keyOf, View } from '../src/model/event.ts';
import { modelEvent } from '../src/model/from-event.ts';
import { standingFault } from '../src/replay/standings.ts';
import { Keyring } from '../src/sim/environment/keyring.ts';

const KEYS = new Keyring(false);
const [OWNER, MEMBER] = ['@owner:a.example', '@member:a.example'] as const;
const CHANNEL = '!ExcuTxvSpgQ5ZLFQ7PDL8vTzCuKkBM7HbKkgc3LjZC8y:a.example';
const { VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES } = BITS;

function event(type: string, stateKey: string, content: JsonObject): RoomEvent {
  return {
    ...{ event_id: `$${type} ${stateKey}`, room_id: '!guild:a.example', type, sender: OWNER, state_key: stateKey, content },
    ...{ origin_ts: 1, prev_events: [], auth_events: [], guild_heads: [], signed_by: [], pdu: {}, redacted: false },
  };
}

function entry(kind: string, id: string, allow: bigint, deny: bigint): JsonObject {
  return { kind, id, allow: allow.toString(), deny: deny.toString() };
}

/** A guild in which the member holds two roles, of which a channel gives one what it takes from the other. */
function guild(change: Readonly<Record<string, JsonObject>> = {}): readonly RoomEvent[] {
  const root = KEYS.id('a.example/k0');
  const contents: readonly (readonly [type: string, stateKey: string, content: JsonObject])[] = [
    ['m.guild.create', '', { ...KEYS.keysOf('a.example'), room_version: 'org.openguild.1' }],
    ['m.room.member', OWNER, { membership: 'join', root }],
    ['m.room.member', MEMBER, { membership: 'join', root }],
    [
      'm.guild.authority',
      '',
      {
        roles: {
          everyone: { rank: 0, allow: VIEW_CHANNEL.toString() },
          one: { rank: 1, allow: MANAGE_MESSAGES.toString() },
          two: { rank: 2, allow: '0' },
        },
      },
    ],
    ['m.guild.member_roles', MEMBER, { stay: `$m.room.member ${MEMBER}`, roles: ['one', 'two'], key: KEYS.id(`${MEMBER}/p0`) }],
    ['m.guild.channel', CHANNEL, { kind: 'text' }],
    [
      'm.channel.overwrites',
      CHANNEL,
      { overwrites: [entry('role', 'one', SEND_MESSAGES, MANAGE_MESSAGES), entry('role', 'two', MANAGE_MESSAGES, 0n)] },
    ],
  ];
  return contents.map(([type, stateKey, content]) => event(type, stateKey, change[type] ?? content));
}

function byEngine(events: readonly RoomEvent[]): StateView {
  const at = (type: string, stateKey: string): RoomEvent | undefined =>
    events.find((one) => one.type === type && one.state_key === stateKey);
  return new StateView(at, events[0]);
}

function byModel(events: readonly RoomEvent[]): View {
  const known = events.map((one) => modelEvent(one, () => false));
  return new View(
    (_type, _stateKey, key) => known.find((one) => keyOf(one.type, one.stateKey ?? '') === key),
    known.find(({ type }) => type in KIND_OF_CREATE),
  );
}

describe('what a state says of somebody, by engine and model', () => {
  it('is the same of the same state', () => {
    for (const user of [OWNER, MEMBER, '@nobody:b.example'])
      expect(standingFault(byEngine(guild()), byModel(guild()), user, [CHANNEL])).to.equal(null);
  });

  const taken = { overwrites: [entry('role', 'one', SEND_MESSAGES, MANAGE_MESSAGES)] };
  const differing: Readonly<Record<string, readonly [change: Readonly<Record<string, JsonObject>>, what: RegExp]>> = {
    'entries of a channel': [{ 'm.channel.overwrites': taken }, /^permissions in !/],
    'what everyone may do': [
      { 'm.guild.authority': { roles: { everyone: { rank: 0, allow: '1' }, one: { rank: 1, allow: '0' }, two: { rank: 2, allow: '0' } } } },
      /^permissions in the guild/,
    ],
    ranks: [{ 'm.guild.authority': { roles: { one: { rank: 1, allow: '0' }, two: { rank: 3, allow: '0' } } } }, /^rank/],
    grants: [{ 'm.guild.member_roles': { stay: `$m.room.member ${MEMBER}`, roles: ['one'] } }, /^roles/],
    stays: [{ 'm.room.member': { membership: 'join', root: KEYS.id('a.example/k0'), stay: '$before' } }, /^stay/],
    memberships: [{ 'm.room.member': { membership: 'ban' } }, /^membership/],
    listings: [{ 'm.guild.channel': { kind: 'text', deleted: true } }, /^listing/],
    'keys that are missing': [
      { 'm.guild.member_roles': { stay: `$m.room.member ${MEMBER}`, roles: ['one', 'two'] } },
      /^permissions in the guild, unsigned/,
    ],
  };
  for (const [name, [change, what]] of Object.entries(differing))
    it(`differs by ${name}`, () => {
      expect(standingFault(byEngine(guild()), byModel(guild(change)), MEMBER, [CHANNEL])?.engine).to.match(what);
    });
});
