import type { V2Trace } from '@openguild/state-resolution';
import { expect } from 'chai';
import type { StateMap } from '../../src/state/state-map.ts';
import { ALICE, BOB, CAROL, DAVE, SmallMatrixRoom } from './small-matrix-room.ts';

const JOIN_RULES = 'm.room.join_rules';
const LEVELS = 'm.room.power_levels';
const MEMBER = 'm.room.member';

/** Alice's level: in version 12 creators have theirs without being listed. */
function withAlice(version: string, users: Record<string, number>): Record<string, number> {
  return version === '12' ? users : { [ALICE]: 100, ...users };
}

function newTrace(): V2Trace {
  return { steps: [], keys: [], mainline: [] };
}

/** Why an event did not come to stand, by its name. */
function refusedBy(trace: V2Trace, name: string): string | undefined {
  return trace.steps.find(({ id }) => id === `$${name}`)?.fault?.rule;
}

describe('state resets (MSC4297)', () => {
  //  problem A, in auth order:   create <- alice <- public <- invite-only <- (bob's join cites it)
  //  state 1: invite-only, Alice has left          state 2: as state 1, but with the outdated `public`
  function problemA(version: string): { room: SmallMatrixRoom; states: StateMap[] } {
    const room = new SmallMatrixRoom(version);
    const leveled = room.levels(room.created, 'levels', ALICE, withAlice(version, {}));
    const open = room.set(leveled, 'public', ALICE, JOIN_RULES, '', { join_rule: 'public' });
    const withBob = room.join(open, 'bob', BOB);
    const closed = room.set(withBob, 'invite-only', ALICE, JOIN_RULES, '', { join_rule: 'invite' });
    const again = room.set(closed, 'bob-again', BOB, MEMBER, BOB, { membership: 'join', displayname: 'Bob' });
    const left = room.set(again, 'alice-left', ALICE, MEMBER, ALICE, { membership: 'leave' });
    return { room, states: [left, left.with([[JOIN_RULES, '', '$public']])] };
  }

  it('A: in v2 the join rules vanish, for who set them has left in the state that all agree on', () => {
    const { room, states } = problemA('11');
    const trace = newTrace();
    expect(room.resolve(states, trace).get(JOIN_RULES, '')).to.equal(undefined);
    expect(refusedBy(trace, 'public')).to.equal('MX-6.1');
    expect(refusedBy(trace, 'invite-only')).to.equal('MX-6.1');
  });

  it('A: in v2.1 the newer join rules hold', () => {
    const { room, states } = problemA('12');
    expect(room.resolve(states).get(JOIN_RULES, '')).to.equal('$invite-only');
  });

  //  problem B, in auth order:   levels <- bob-up (Alice) <- carol-up (Bob) <- carol's name
  //  state 1: carol-up             state 2: the outdated `levels`, though its other events rest on carol-up
  function problemB(version: string): { room: SmallMatrixRoom; states: StateMap[] } {
    const room = new SmallMatrixRoom(version);
    const open = room.set(room.created, 'public', ALICE, JOIN_RULES, '', { join_rule: 'public' });
    const joined = room.join(room.join(open, 'bob', BOB), 'carol', CAROL);
    const leveled = room.levels(joined, 'levels', ALICE, withAlice(version, {}));
    const bobUp = room.levels(leveled, 'bob-up', ALICE, withAlice(version, { [BOB]: 60 }));
    const carolUp = room.levels(bobUp, 'carol-up', BOB, withAlice(version, { [BOB]: 60, [CAROL]: 50 }));
    const named = room.set(carolUp, 'named', CAROL, MEMBER, CAROL, { membership: 'join', displayname: 'Carol' });
    return { room, states: [named, named.with([[LEVELS, '', '$levels']])] };
  }

  it('B: in v2 the oldest power levels come back, for what made Bob a moderator is not replayed', () => {
    const { room, states } = problemB('11');
    const trace = newTrace();
    expect(room.resolve(states, trace).get(LEVELS, '')).to.equal('$levels');
    expect(refusedBy(trace, 'carol-up')).to.equal('MX-8.1');
    expect(trace.steps.some(({ id }) => id === '$bob-up')).to.equal(false);
  });

  it('B: in v2.1 the newest power levels hold', () => {
    const { room, states } = problemB('12');
    const trace = newTrace();
    expect(room.resolve(states, trace).get(LEVELS, '')).to.equal('$carol-up');
    expect(trace.steps.map(({ id }) => id)).to.include('$bob-up');
  });
});

for (const version of ['6', '11', '12']) {
  describe(`concurrent acts, version ${version}`, () => {
    const room = new SmallMatrixRoom(version);
    const open = room.set(room.created, 'public', ALICE, JOIN_RULES, '', { join_rule: 'public' });
    const joined = [BOB, CAROL, DAVE].reduce((state, user) => room.join(state, user.slice(1, user.indexOf(':')), user), open);
    const base = room.levels(joined, 'levels', ALICE, withAlice(version, { [BOB]: 60, [CAROL]: 50 }));

    //  base -- a1: Bob down -- a2: topic level -- a3: Dave up        (Alice)
    //     \--- b1: Dave up (Bob) -- b2: more of it (Bob) -- b3: name level (Dave)
    it('a fork of power levels three deep: who ranks higher goes first, and what rested on less falls', () => {
      const a1 = room.levels(base, 'a1', ALICE, withAlice(version, { [CAROL]: 50 }));
      const a2 = room.levels(a1, 'a2', ALICE, withAlice(version, { [CAROL]: 50 }), { events: { 'm.room.topic': 60 } });
      const a3 = room.levels(a2, 'a3', ALICE, withAlice(version, { [CAROL]: 50, [DAVE]: 50 }), { events: { 'm.room.topic': 60 } });
      const b1 = room.levels(base, 'b1', BOB, withAlice(version, { [BOB]: 60, [CAROL]: 50, [DAVE]: 50 }));
      const b2 = room.levels(b1, 'b2', BOB, withAlice(version, { [BOB]: 60, [CAROL]: 50, [DAVE]: 55 }));
      const b3 = room.levels(b2, 'b3', DAVE, withAlice(version, { [BOB]: 60, [CAROL]: 50, [DAVE]: 55 }), { events: { 'm.room.name': 55 } });
      const trace = newTrace();
      expect(room.resolve([a3, b3], trace).get(LEVELS, '')).to.equal('$a3');
      expect(room.resolve([b3, a3]).get(LEVELS, '')).to.equal('$a3');
      expect(trace.mainline.slice(0, 4)).to.deep.equal(['$a3', '$a2', '$a1', '$levels']);
      expect(refusedBy(trace, 'b1')).to.equal('MX-8.1');
      expect(refusedBy(trace, 'b2')).to.equal('MX-8.1');
      // Dave was raised by a3, which comes first; but who was raised to 50 sets nothing to 55.
      expect(refusedBy(trace, 'b3')).to.match(/^MX-10/);
    });

    //  base -- ban: Alice bans Bob
    //     \--- bob-levels: Bob changes the power levels
    it('a ban and a power change of the banned: the ban holds, the change does not', () => {
      const banned = room.set(base, 'ban', ALICE, MEMBER, BOB, { membership: 'ban' });
      const changed = room.levels(base, 'bob-levels', BOB, withAlice(version, { [BOB]: 60, [CAROL]: 50, [DAVE]: 40 }), {}, 1);
      const trace = newTrace();
      const resolved = room.resolve([banned, changed], trace);
      expect(resolved.get(MEMBER, BOB)).to.equal('$ban');
      expect(resolved.get(LEVELS, '')).to.equal('$levels');
      expect(refusedBy(trace, 'bob-levels')).to.equal('MX-6.1');
    });

    //  base -- kick-level: Alice raises it to 100
    //     \--- kick: Bob kicks Dave
    it('a power change and a kick that it forbids: the member stays', () => {
      const raised = room.levels(base, 'kick-level', ALICE, withAlice(version, { [BOB]: 60, [CAROL]: 50 }), { kick: 100 });
      const kicked = room.set(base, 'kick', BOB, MEMBER, DAVE, { membership: 'leave' });
      const trace = newTrace();
      const resolved = room.resolve([raised, kicked], trace);
      expect(resolved.get(MEMBER, DAVE)).to.equal('$dave');
      expect(resolved.get(LEVELS, '')).to.equal('$kick-level');
      expect(refusedBy(trace, 'kick')).to.equal('MX-5.5.4');
      expect(trace.keys.find(({ stateKey }) => stateKey === DAVE)?.candidates.map(({ id, standing }) => [id, standing])).to.deep.equal([
        ['$dave', 'won'],
        ['$kick', 'refused'],
      ]);
    });

    //  base -- topic-1 (Bob, later)
    //     \--- topic-2 (Carol)
    it('states that differ in nothing but one entry: the later of equal authority holds', () => {
      const one = room.set(base, 'topic-1', BOB, 'm.room.topic', '', { topic: '1' }, 5000);
      const two = room.set(base, 'topic-2', CAROL, 'm.room.topic', '', { topic: '2' }, 4000);
      expect(room.resolve([one, two]).get('m.room.topic', '')).to.equal('$topic-1');
      expect(room.resolve([one, one])).to.equal(one);
      expect([...room.resolve([one, two]).entries()].length).to.equal([...one.entries()].length);
    });
  });
}
