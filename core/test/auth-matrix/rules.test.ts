import { expect } from 'chai';
import fc from 'fast-check';
import { authorizeByAuthEvents } from '../../src/auth-matrix/authorize-matrix.ts';
import { matrixAuthTypes } from '../../src/auth-matrix/auth-types.ts';
import { isMatrixUserId } from '../../src/auth-matrix/matrix-user-id.ts';
import { thirdPartyInviteChecks } from '../../src/auth-matrix/third-party-invite.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import type { StateMap } from '../../src/state/state-map.ts';
import { matrixEvent, readHistories } from './history-file.ts';
import { MatrixReplay } from './history-harness.ts';
import { ALICE, BOB, CAROL, SmallMatrixRoom } from './small-matrix-room.ts';
import { TESTED_VERSIONS } from './versions.ts';

const LEVELS = 'm.room.power_levels';
const MEMBER = 'm.room.member';
const FILE = new URL('../../../spec/matrix/histories.jsonl.gz', import.meta.url);

/** A public room with Bob in it. */
function publicRoom(version: string): { room: SmallMatrixRoom; state: StateMap } {
  const room = new SmallMatrixRoom(version);
  const open = room.set(room.created, 'public', ALICE, 'm.room.join_rules', '', { join_rule: 'public' });
  return { room, state: room.join(open, 'bob', BOB) };
}

function levelsRule(version: string, content: JsonObject): string | null {
  const { room, state } = publicRoom(version);
  return room.rule(room.draft(state, ALICE, LEVELS, '', content), state);
}

describe('rules of Matrix versions, where the versions differ', () => {
  it('levels as text count before version 10, fractions before version 6 (MX-10.1 to MX-10.3)', () => {
    for (const [value, last] of [
      ['50', 9],
      [' +0050 ', 9],
      [50.5, 5],
      ['50.5', 0],
      ['', 0],
      ['0x10', 0],
      [null, 0],
      [true, 0],
      [[50], 0],
      [2 ** 53, 0],
    ] as const) {
      for (const version of TESTED_VERSIONS.keys()) {
        const allowed = Number(version) <= last;
        expect(levelsRule(version, { ban: value }), `ban ${JSON.stringify(value)} in ${version}`).to.equal(allowed ? null : 'MX-10.1');
        expect(levelsRule(version, { events: { x: value } })).to.equal(allowed ? null : 'MX-10.2');
        expect(levelsRule(version, { users: { [BOB]: value } })).to.equal(allowed ? null : 'MX-10.3');
        expect(levelsRule(version, { notifications: { room: value } })).to.equal(allowed || Number(version) < 6 ? null : 'MX-10.2');
      }
    }
  });

  it('a level as text is compared as a number (MX-8.1)', () => {
    const { room, state } = publicRoom('9');
    const leveled = room.levels(
      state,
      'levels',
      ALICE,
      { [ALICE]: 100 },
      { users: { [ALICE]: '100', [BOB]: ' 50' }, events: { 'm.room.topic': '0050' } },
    );
    expect(room.rule(room.draft(leveled, BOB, 'm.room.topic', '', {}), leveled)).to.equal(null);
    expect(
      room.rule(room.draft(leveled, BOB, LEVELS, '', { users: { [ALICE]: 100, [BOB]: 50 }, events: { 'm.room.topic': 50 } }), leveled),
    ).to.equal(null);
  });

  it('creators have no level but are above all, from version 12 (MX-10.4)', () => {
    const { room, state } = publicRoom('12');
    expect(levelsRule('12', { users: { [ALICE]: 100 } })).to.equal('MX-10.4');
    expect(levelsRule('11', { users: { [ALICE]: 100 } })).to.equal(null);
    const leveled = room.levels(state, 'levels', ALICE, { [BOB]: 9_007_199_254_740_991 });
    expect(room.rule(room.draft(leveled, BOB, MEMBER, ALICE, { membership: 'ban' }), leveled)).to.equal('MX-5.6.2');
    expect(room.rule(room.draft(leveled, ALICE, MEMBER, BOB, { membership: 'ban' }), leveled)).to.equal(null);
  });

  it('a default that is left out counts (MX-10.6): nobody below 50 writes down a ban level', () => {
    const { room, state } = publicRoom('11');
    const leveled = room.levels(state, 'levels', ALICE, { [ALICE]: 100, [BOB]: 40 }, { events: { [LEVELS]: 0 } });
    const users = { [ALICE]: 100, [BOB]: 40 };
    const events = { [LEVELS]: 0 };
    expect(room.rule(room.draft(leveled, BOB, LEVELS, '', { users, events, ban: 0 }), leveled)).to.equal('MX-10.6');
    expect(room.rule(room.draft(leveled, BOB, LEVELS, '', { users, events, invite: 40 }), leveled)).to.equal(null);
    expect(room.rule(room.draft(leveled, BOB, LEVELS, '', { users, events, invite: 41 }), leveled)).to.equal('MX-10.6');
  });

  it('names that objects inherit are no levels and no entries', () => {
    const { room, state } = publicRoom('11');
    const leveled = room.levels(state, 'levels', ALICE, { [ALICE]: 100 });
    for (const type of ['constructor', '__proto__', 'toString']) {
      expect(room.rule(room.draft(leveled, ALICE, type, undefined, {}), leveled)).to.equal(null);
      const events = JSON.parse(`{"${type}": 101}`) as JsonObject;
      expect(room.rule(room.draft(leveled, ALICE, LEVELS, '', { users: { [ALICE]: 100 }, events }), leveled), type).to.equal('MX-10.8');
    }
  });

  it('knocking, from version 7; restricted joins, from 8; both, from 10', () => {
    for (const version of TESTED_VERSIONS.keys()) {
      const n = Number(version);
      const rule = (joinRule: string, membership: string, more: JsonObject = {}): string | null => {
        const { room, state } = publicRoom(version);
        const ruled = room.set(state, 'ruled', ALICE, 'm.room.join_rules', '', { join_rule: joinRule });
        return room.rule(room.draft(ruled, CAROL, MEMBER, CAROL, { membership, ...more }), ruled);
      };
      expect(rule('knock', 'knock')).to.equal(n >= 7 ? null : 'MX-5.8');
      expect(rule('knock_restricted', 'knock')).to.equal(n >= 10 ? null : n >= 7 ? 'MX-5.7.1' : 'MX-5.8');
      expect(rule('knock', 'join')).to.equal(n >= 7 ? 'MX-5.3.4' : 'MX-5.3.7');
      const by = { join_authorised_via_users_server: ALICE };
      expect(rule('restricted', 'join', by)).to.equal(n >= 8 ? null : 'MX-5.3.7');
      expect(rule('knock_restricted', 'join', by)).to.equal(n >= 10 ? null : 'MX-5.3.7');
      expect(rule('restricted', 'join', { join_authorised_via_users_server: CAROL })).to.equal(n >= 8 ? 'MX-5.3.5' : 'MX-5.3.7');
      expect(rule('private', 'join')).to.equal('MX-5.3.7');
    }
  });

  it('a membership is that of a user ID (MX-5.1)', () => {
    for (const version of TESTED_VERSIONS.keys()) {
      const { room, state } = publicRoom(version);
      for (const [key, rule] of [
        ['@erin:e.example', null],
        ['@:e.example', null],
        ['', 'MX-5.1'],
        ['erin', 'MX-5.1'],
        ['erin:e.example', 'MX-5.1'],
        ['@erin', 'MX-5.1'],
        ['@a:b:c', 'MX-5.1'],
      ] as const) {
        for (const membership of ['invite', 'leave', 'ban'])
          expect(room.rule(room.draft(state, ALICE, MEMBER, key, { membership }), state), `${membership} of ${key}`).to.equal(rule);
      }
    }
  });

  it('aliases are of servers until version 5 (MX-12.1)', () => {
    for (const version of TESTED_VERSIONS.keys()) {
      const { room, state } = publicRoom(version);
      const old = Number(version) <= 5;
      expect(room.rule(room.draft(state, CAROL, 'm.room.aliases', 'c.example', {}), state)).to.equal(old ? null : 'MX-6.1');
      expect(room.rule(room.draft(state, CAROL, 'm.room.aliases', 'a.example', {}), state)).to.equal(old ? 'MX-12.1' : 'MX-6.1');
    }
  });

  it('a create event: what it must and must not say (MX-1)', () => {
    const rule = (version: string, roomId: string, content: JsonObject, prev: string[] = []): string | null => {
      const pdu = {
        type: 'm.room.create',
        sender: ALICE,
        content,
        origin_server_ts: 1,
        prev_events: prev,
        auth_events: [],
        signatures: {},
        state_key: '',
      };
      const event = matrixEvent(roomId === '' ? pdu : { ...pdu, room_id: roomId }, '$create');
      const context = {
        create: undefined,
        isAccepted: false,
        isKnownVersion: (id: string) => id === version,
        isSignedBy: () => true,
        isValid: () => false,
      };
      return authorizeByAuthEvents(event, [], TESTED_VERSIONS.get(version)?.flags ?? expect.fail(), context)?.rule ?? null;
    };
    expect(rule('10', '!r:a.example', { creator: ALICE })).to.equal(null);
    expect(rule('10', '!r:a.example', {})).to.equal('MX-1.5');
    expect(rule('11', '!r:a.example', {})).to.equal(null);
    expect(rule('11', '!r:b.example', {})).to.equal('MX-1.2');
    expect(rule('11', '!r:a.example', { room_version: '7' })).to.equal('MX-1.3');
    expect(rule('11', '!r:a.example', { room_version: 11 })).to.equal('MX-1.3');
    expect(rule('11', '!r:a.example', {}, ['$x'])).to.equal('MX-1.1');
    expect(rule('12', '', { room_version: '12' })).to.equal(null);
    expect(rule('12', '!create', {})).to.equal('MX-1.2');
    expect(rule('12', '', { additional_creators: [BOB] })).to.equal(null);
    for (const wrong of [BOB, [1], ['bob'], [null], {}] as JsonValue[])
      expect(rule('12', '', { additional_creators: wrong })).to.equal('MX-1.4');
  });

  it('selects the create event until version 11, the authoriser from 8, the invitation by its token', () => {
    const { room, state } = publicRoom('11');
    const join = room.draft(state, CAROL, MEMBER, CAROL, { membership: 'join', join_authorised_via_users_server: BOB });
    const types = (version: string): string[] =>
      matrixAuthTypes(join, TESTED_VERSIONS.get(version)?.flags ?? expect.fail()).map((pair) => pair.join(' '));
    const rest = [`${LEVELS} `, `${MEMBER} ${CAROL}`, 'm.room.join_rules '];
    expect(types('7')).to.deep.equal(['m.room.create ', ...rest]);
    expect(types('11')).to.deep.equal(['m.room.create ', ...rest, `${MEMBER} ${BOB}`]);
    expect(types('12')).to.deep.equal([...rest, `${MEMBER} ${BOB}`]);
  });

  it('user IDs: historical ones are taken, names of no server are not', () => {
    for (const id of ['@a:b', '@:b', '@Ä b:b.c', '@a:[::1]:8448', '@a/b=c:b:1']) expect(isMatrixUserId(id), id).to.equal(true);
    for (const id of ['', 'a:b', '@a', '@a:', '@a:b c', '@a:b:c', '@a\u0000:b', `@${'a'.repeat(253)}:b`, '@a:b:123456']) {
      expect(isMatrixUserId(id), id).to.equal(false);
    }
  });
});

describe('hostile content in Matrix rooms', () => {
  const { room, state } = publicRoom('11');
  const types = [MEMBER, LEVELS, 'm.room.join_rules', 'm.room.third_party_invite', 'm.room.create', 'm.room.aliases'];
  const keys = [
    'membership',
    'third_party_invite',
    'signed',
    'mxid',
    'token',
    'signatures',
    'users',
    'events',
    'ban',
    'join_rule',
    'public_keys',
    '__proto__',
  ];

  it('is judged, whatever it holds', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('invite', 'join', 'ban', BOB, ALICE, '', 'restricted', null, true, -1, 1e300, 0.5),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('any')),
      ),
    })).any;
    const content = fc.dictionary(fc.constantFrom(...keys), value) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(fc.constantFrom(...types), content, fc.constantFrom('', BOB, undefined), (type, hostile, key) => {
        const event = room.draft(state, BOB, type, key, hostile);
        expect(() => room.rule(event, state)).not.to.throw();
        expect(thirdPartyInviteChecks(event, event).length).to.be.at.most(64);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the replay of histories', () => {
  it('notices every wrong expectation', () => {
    const history = [...readHistories(FILE)].find((one) => one.room_version === '12' && one.disputed === undefined) ?? expect.fail();
    const differences = (wrong: object): string[] => {
      const replay = new MatrixReplay({ ...history, ...wrong });
      replay.run();
      return replay.differences.map(({ what }) => what);
    };
    const id = history.event_ids?.at(-1) as string;
    const [merge] = Object.keys(history.state_after);
    expect(differences({})).to.deep.equal([]);
    expect(differences({ expect: { ...history.expect, [id]: { auth: 'reject', at: 'event', reason: 'x' } } })).to.deep.equal(['verdict']);
    expect(differences({ final_state: history.final_state.slice(1) })).to.deep.equal(['state']);
    expect(differences({ state_after: { ...history.state_after, [merge as string]: [] } })).to.deep.equal(['state']);
    expect(differences({ extremities: [] })).to.deep.equal(['ids']);
  });
});
