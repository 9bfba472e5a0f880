/**
 * Makes `spec/vectors/matrix/resolution.json`: states of Matrix rooms that differ, and what resolving them gives. States, auth events and outcomes are put
 * together without the code under test.
 *
 *     node core/test/vectors/make-matrix-resolution-vectors.ts > spec/vectors/matrix/resolution.json
 */
import { ALICE, BOB, CAROL, type Content, createOf, type Draft, type VectorEvent, roomIdOf, selectAuthEvents } from './matrix-auth-room.ts';

const MEMBER = 'm.room.member';
const LEVELS = 'm.room.power_levels';
const RULES = 'm.room.join_rules';
const TOPIC = 'm.room.topic';
const DAVE = '@dave:d.example';

/** `type|state key` to event ID. */
type State = ReadonlyMap<string, string>;

/** A room whose events each follow a state. */
class ForkedRoom {
  readonly version: string;
  readonly events: (VectorEvent & { readonly origin_server_ts: number })[] = [];
  readonly created: State;
  #time = 1_000;

  constructor(version: string) {
    this.version = version;
    this.events.push({ ...createOf(version, {}), origin_server_ts: this.#time++ });
    this.created = this.member(new Map([['m.room.create|', '$create']]), 'alice', ALICE, 'join');
  }

  /** The state with an event put in. `ts`: by default later than all before. */
  set(state: State, name: string, draft: Draft, ts = this.#time++): State {
    const id = `$${name}`;
    const event = {
      event_id: id,
      room_id: roomIdOf(this.version),
      ...draft,
      prev_events: ['$other'],
      auth_events: selectAuthEvents(this.version, draft, state),
    };
    this.events.push({ ...event, origin_server_ts: ts } as (typeof this.events)[number]);
    return new Map([...state, [`${draft.type}|${draft.state_key}`, id]]);
  }

  member(state: State, name: string, user: string, membership: string, sender = user, more: Content = {}): State {
    return this.set(state, name, { type: MEMBER, sender, state_key: user, content: { membership, ...more } });
  }

  rules(state: State, name: string, joinRule: string): State {
    return this.set(state, name, { type: RULES, sender: ALICE, state_key: '', content: { join_rule: joinRule } });
  }

  /** Alice's level: in version 12 creators have theirs without being listed. */
  levels(state: State, name: string, sender: string, users: Content, more: Content = {}, ts?: number): State {
    const all = this.version === '12' ? users : { [ALICE]: 100, ...users };
    return this.set(state, name, { type: LEVELS, sender, state_key: '', content: { users: all, ...more } }, ts);
  }

  topic(state: State, name: string, sender: string, ts?: number): State {
    return this.set(state, name, { type: TOPIC, sender, state_key: '', content: { topic: name } }, ts);
  }
}

const rooms = new Map<string, ForkedRoom>();
const cases: object[] = [];

function add(rule: string, why: string, room: string, states: readonly State[], expected: State): void {
  const ids = (state: State): string[] => [...state.values()];
  cases.push({
    why: `version ${(rooms.get(room) as ForkedRoom).version}: ${why}`,
    rule,
    room,
    states: states.map(ids),
    expect: ids(expected),
  });
}

function room(name: string, version: string): ForkedRoom {
  const made = new ForkedRoom(version);
  rooms.set(`${version} ${name}`, made);
  return made;
}

const without = (state: State, entry: string): State => new Map([...state].filter(([one]) => one !== entry));
const where = (state: State, entry: string, id: string): State => new Map([...state, [entry, id]]);

/* State resets (MSC4297): the states are such as servers had after other merges. */
for (const version of ['11', '12']) {
  const a = room('problem A', version);
  const open = a.rules(a.levels(a.created, 'levels', ALICE, {}), 'public', 'public');
  const closed = a.rules(a.member(open, 'bob', BOB, 'join'), 'invite-only', 'invite');
  const left = a.member(a.member(closed, 'bob-again', BOB, 'join', BOB, { displayname: 'Bob' }), 'alice-left', ALICE, 'leave');
  const outdated = where(left, `${RULES}|`, '$public');
  if (version === '11')
    add(
      'MX-14.8',
      'problem A of MSC4297: the join rules vanish, for who set them has left in what all agree on',
      '11 problem A',
      [left, outdated],
      without(left, `${RULES}|`),
    );
  else add('MX-14.8', 'problem A of MSC4297: the newer join rules hold', '12 problem A', [left, outdated], left);

  const b = room('problem B', version);
  const joined = b.member(b.member(b.rules(b.created, 'public', 'public'), 'bob', BOB, 'join'), 'carol', CAROL, 'join');
  const bobUp = b.levels(b.levels(joined, 'levels', ALICE, {}), 'bob-up', ALICE, { [BOB]: 60 });
  const named = b.member(b.levels(bobUp, 'carol-up', BOB, { [BOB]: 60, [CAROL]: 50 }), 'named', CAROL, 'join', CAROL, {
    displayname: 'Carol',
  });
  const old = where(named, `${LEVELS}|`, '$levels');
  if (version === '11')
    add(
      'MX-14.8',
      'problem B of MSC4297: the oldest levels come back, since what made Bob a moderator is not replayed',
      '11 problem B',
      [named, old],
      old,
    );
  else add('MX-14.8', 'problem B of MSC4297: the newest levels hold', '12 problem B', [named, old], named);
}

for (const version of ['6', '11', '12']) {
  const make = (name: string): { one: ForkedRoom; base: State; name: string } => {
    const one = room(name, version);
    const open = one.rules(one.created, 'public', 'public');
    const joined = [BOB, CAROL, DAVE].reduce((state, user) => one.member(state, user.slice(1, user.indexOf(':')), user, 'join'), open);
    return { one, base: one.levels(joined, 'levels', ALICE, { [BOB]: 60, [CAROL]: 50 }), name: `${version} ${name}` };
  };
  {
    const { one, base, name } = make('fork of levels');
    const a1 = one.levels(base, 'a1', ALICE, { [CAROL]: 50 });
    const a2 = one.levels(a1, 'a2', ALICE, { [CAROL]: 50 }, { events: { [TOPIC]: 60 } });
    const a3 = one.levels(a2, 'a3', ALICE, { [CAROL]: 50, [DAVE]: 50 }, { events: { [TOPIC]: 60 } });
    const b1 = one.levels(base, 'b1', BOB, { [BOB]: 60, [CAROL]: 50, [DAVE]: 50 });
    const b2 = one.levels(b1, 'b2', BOB, { [BOB]: 60, [CAROL]: 50, [DAVE]: 55 });
    const b3 = one.levels(b2, 'b3', DAVE, { [BOB]: 60, [CAROL]: 50, [DAVE]: 55 }, { events: { 'm.room.name': 55 } });
    add('MX-14.3', 'a fork of levels three deep: who has more goes first, and what rested on less falls', name, [a3, b3], a3);
    add('MX-14.3', 'the order of the states does not matter', name, [b3, a3], a3);
  }
  {
    const { one, base, name } = make('a ban and a power change of the banned');
    const banned = one.member(base, 'ban', BOB, 'ban', ALICE);
    const changed = one.levels(base, 'bob-levels', BOB, { [BOB]: 60, [CAROL]: 50, [DAVE]: 40 }, {}, 1);
    add('MX-14.5', 'a ban is a power event: it goes before an earlier change by who has less', name, [banned, changed], banned);
  }
  {
    const { one, base, name } = make('a power change and a kick that it forbids');
    const raised = one.levels(base, 'kick-level', ALICE, { [BOB]: 60, [CAROL]: 50 }, { kick: 100 });
    const kicked = one.member(base, 'kick', DAVE, 'leave', BOB);
    add('MX-14.7', 'what the new state does not allow is left out', name, [raised, kicked], raised);
  }
  {
    const { one, base, name } = make('leaving by oneself');
    const left = one.member(base, 'dave-left', DAVE, 'leave');
    const renamed = one.member(base, 'dave-named', DAVE, 'join', DAVE, { displayname: 'D' });
    add('MX-14.5', 'leaving by oneself is none: the later holds', name, [left, renamed], renamed);
  }
  {
    const { one, base, name } = make('two topics');
    const later = one.topic(base, 'topic-later', BOB, 5_000);
    const earlier = one.topic(base, 'topic-earlier', CAROL, 4_000);
    const twin = one.topic(base, 'topic-lateR', BOB, 5_000);
    add('MX-14.4', 'of equal mainline position the later holds', name, [later, earlier], later);
    add('MX-14.4', 'of equal times the greater ID holds, by code points: r after R', name, [later, twin], later);
  }
  {
    const { one, base, name } = make('topics under old and new levels');
    const old = one.topic(base, 'topic-old', BOB, 90_000);
    const fresh = one.topic(one.levels(base, 'levels-2', ALICE, { [BOB]: 60, [CAROL]: 50, [DAVE]: 1 }), 'topic-new', CAROL, 2_000);
    add('MX-14.6', 'what was said under newer levels holds, however late the other claims to be', name, [old, fresh], fresh);
  }
  {
    const { one, base, name } = make('an event that no state holds');
    const said = one.topic(base, 'topic-carol', CAROL);
    const other = one.topic(base, 'topic-bob', BOB);
    const gone = without(said, `${MEMBER}|${CAROL}`);
    const never = without(other, `${MEMBER}|${CAROL}`);
    // Carol's join is in one auth chain alone, so it is judged with the rest; it passes, and is part of the result.
    add(
      'MX-14.9',
      'an entry of the auth difference alone is part of the result',
      name,
      [gone, never],
      where(other, `${MEMBER}|${CAROL}`, '$carol'),
    );
  }
}

const lines = (all: readonly object[]): string => all.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
const texts = [...rooms].map(
  ([name, one]) => `  ${JSON.stringify(name)}: {"version": "${one.version}", "events": [\n${lines(one.events)}\n  ]}`,
);
process.stdout.write(`{"rooms": {\n${texts.join(',\n')}\n}, "cases": [\n${lines(cases)}\n]}\n`);
