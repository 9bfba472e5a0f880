import { expect } from 'chai';
import fc from 'fast-check';
import { authorize } from '../../src/auth/authorize.ts';
import { actingBits, effectivePermissions } from '../../src/auth/permissions.ts';
import { BITS } from '../../src/auth/permission-bits.ts';
import { rankOf } from '../../src/auth/rank.ts';
import type { StateView } from '../../src/auth/state-view.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { StateChange, StoredEvent } from '../../src/room/types.ts';
import { type Governor, viewOf } from '../../src/room/internals.ts';
import { judgingView } from '../../src/room/kept-views.ts';
import { NO_VOIDS } from '../../src/room/void-delta.ts';
import { WorkingSet } from '../../src/room/working-set.ts';
import { StateMap } from '../../src/state/state-map.ts';
import {
  admission,
  CHANNEL,
  type Draft,
  EVERYDAY,
  grant,
  GUILD,
  guild,
  join,
  K,
  make,
  membership,
  overwrites,
  roles,
  state,
  user,
} from '../auth/small-room.ts';
import { roomNamed } from '../auth/names.ts';

const OTHER = roomNamed('c2');
const PEOPLE = ['olga', 'adam', 'mod', 'sam', 'max@b', 'eve@b'];

/** What may come to hold an entry: for each entry several events, of which the rules see something different. */
const drafts: Draft[] = [
  ...PEOPLE.flatMap((name) => [
    join(name),
    join(name, K.c0),
    membership('olga', name, 'leave'),
    membership('olga', name, 'ban'),
    grant(name, ['mod']),
    grant(name, ['admin', 'low']),
    grant(name, ['mod'], { key: K.p }),
  ]),
  roles('olga', { low: null }),
  roles('olga', { everyone: { rank: 0, allow: String(EVERYDAY & ~BITS.SEND_MESSAGES) } }),
  roles('olga', { mod: { rank: 40, allow: '0' } }),
  overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: String(BITS.VIEW_CHANNEL) }]),
  overwrites('olga', [{ kind: 'member', id: user('sam'), allow: String(BITS.MANAGE_MESSAGES), deny: '0', stay: '$join sam' }]),
  admission('olga', 'b.example', 30),
  admission('olga', 'b.example', 90, { root: K.c0, keys: [K.c0] }),
  ...[CHANNEL, OTHER].flatMap((channel) => [
    state('olga', 'm.guild.channel', { kind: 'text' }, channel),
    state('olga', 'm.guild.channel', { kind: 'text', deleted: true }, channel),
  ]),
  state('@:b', 'm.server.keys', { keys: [K.b1] }, K.b0),
];
const initial = guild.events();
const events: RoomEvent[] = [...initial, ...drafts.map((draft, i) => make({ ...draft, event_id: draft.event_id ?? `$${i}` }))].filter(
  ({ event_id }, i, all) => all.findIndex((one) => one.event_id === event_id) === i,
);

function governor(): Governor {
  const workingSet = new WorkingSet(GUILD);
  for (const event of events) {
    const stored: StoredEvent = {
      ...{ event, verdict: 'accepted', fault: null, soft_failed: false, rank: 0, depth: 0 },
      ...{ void_delta: NO_VOIDS, state_base: null, state_delta: [] },
    };
    workingSet.put(stored);
  }
  return { kind: 'guild', workingSet };
}

const start = StateMap.EMPTY.with(initial.map((event): StateChange => [event.type, event.state_key ?? '', event.event_id]));

/** Takes an entry from the state or gives it to an event; or a question about one person in one channel; or a state from before. */
type Step =
  | { readonly set: RoomEvent; readonly gone: boolean }
  | { readonly name: string; readonly channel: string; readonly signed: boolean }
  | 'back';

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ set: fc.constantFrom(...events.slice(1)), gone: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ name: fc.constantFrom(...PEOPLE), channel: fc.constantFrom(CHANNEL, OTHER), signed: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant('back' as const) },
);

function answers(view: StateView, name: string, channel: string, signed: boolean): unknown {
  const sender = user(name);
  const server = sender.endsWith('b.example') ? K.b1 : K.a1;
  const message = make({ type: 'm.room.message', sender, room_id: channel, signed_by: signed ? [server, K.p] : [server] });
  return {
    fault: authorize(message, view, { kind: 'channel' }),
    rank: rankOf(message, view, 'channel'),
    bits: actingBits(view, message, channel),
    permissions: effectivePermissions(view, sender, channel),
  };
}

describe('views kept for the next state', () => {
  it('answer what a new view of that state answers, whatever changed', () => {
    let carried = 0;
    let renewed = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const room = governor();
        const states = [start];
        let last: StateView | null = null;
        for (const one of steps) {
          const now = states.at(-1) as StateMap;
          if (one === 'back') states.push(states.at(-3) ?? start);
          else if ('set' in one) {
            const { type, state_key, event_id } = one.set;
            states.push(now.with([[type, state_key ?? '', one.gone ? null : event_id]]));
          } else {
            const view = judgingView(room, now, 'channels-past');
            expect(answers(view, one.name, one.channel, one.signed)).to.deep.equal(
              answers(viewOf(room, now), one.name, one.channel, one.signed),
            );
            if (view === last) carried++;
            else renewed++;
            last = view;
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(carried, 'carried over').to.be.greaterThan(100);
    expect(renewed, 'made anew').to.be.greaterThan(100);
  });

  it('outlive what others do, and not what they have read', () => {
    const room = governor();
    const view = judgingView(room, start, 'channels-past');
    answers(view, 'sam', CHANNEL, false);
    const joined = start.with([['m.room.member', user('eve@b'), '$join eve@b']]);
    expect(judgingView(room, joined, 'channels-past')).to.equal(view);
    const gone = joined.with([['m.room.member', user('sam'), null]]);
    expect(judgingView(room, gone, 'channels-past')).not.to.equal(view);
  });

  it('do not mix uses, nor rooms, nor a state that has another beginning', () => {
    const room = governor();
    const view = judgingView(room, start, 'channels-past');
    expect(judgingView(room, start, 'own')).not.to.equal(view);
    expect(judgingView(governor(), start, 'channels-past')).not.to.equal(view);
    expect(judgingView(room, StateMap.EMPTY, 'channels-past').create).to.equal(undefined);
    expect(judgingView(room, start, 'channels-past').create?.event_id).to.equal('$create');
  });

  it('are not compared with a state that shares nothing', () => {
    const members = Array.from({ length: 5_000 }, (_, i) => ['m.room.member', `@m${i}:a.example`, `$m${i}`] as const);
    const room = governor();
    const large = start.with(members);
    const view = judgingView(room, large, 'channels-past');
    expect(judgingView(room, StateMap.from([...large.entries()]), 'channels-past')).not.to.equal(view);
  });
});
