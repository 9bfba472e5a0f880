import { expect } from 'chai';
import fc from 'fast-check';
import { authorize } from '../../src/auth/authorize.ts';
import { actingBits, effectivePermissions } from '../../src/auth/permissions.ts';
import { rankOf } from '../../src/auth/rank.ts';
import type { StateView } from '../../src/auth/state-view.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import { viewOf } from '../../src/room/internals.ts';
import { judgingView } from '../../src/room/kept-views.ts';
import { StateMap } from '../../src/state/state-map.ts';
import { CHANNEL, K, make, user } from '../auth/small-room.ts';
import { ChangingGuild, EVENTS, OTHER, PEOPLE, START } from './changing-guild.ts';

/** Takes an entry from the state or gives it to an event; or a question about one person in one channel; or a state from before. */
type Step =
  | { readonly set: RoomEvent; readonly gone: boolean }
  | { readonly name: string; readonly channel: string; readonly signed: boolean }
  | 'back';

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ set: fc.constantFrom(...EVENTS), gone: fc.boolean() }) },
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
        const room = new ChangingGuild().internals;
        const states = [START];
        let last: StateView | null = null;
        for (const one of steps) {
          const now = states.at(-1) as StateMap;
          if (one === 'back') states.push(states.at(-3) ?? START);
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
    const room = new ChangingGuild().internals;
    const view = judgingView(room, START, 'channels-past');
    answers(view, 'sam', CHANNEL, false);
    const joined = START.with([['m.room.member', user('eve@b'), '$join eve@b']]);
    expect(judgingView(room, joined, 'channels-past')).to.equal(view);
    const gone = joined.with([['m.room.member', user('sam'), null]]);
    expect(judgingView(room, gone, 'channels-past')).not.to.equal(view);
  });

  it('do not mix uses, nor rooms, nor a state that has another beginning', () => {
    const room = new ChangingGuild().internals;
    const view = judgingView(room, START, 'channels-past');
    expect(judgingView(room, START, 'own')).not.to.equal(view);
    expect(judgingView(new ChangingGuild().internals, START, 'channels-past')).not.to.equal(view);
    expect(judgingView(room, StateMap.EMPTY, 'channels-past').create).to.equal(undefined);
    expect(judgingView(room, START, 'channels-past').create?.event_id).to.equal('$create');
  });

  it('are not compared with a state that shares nothing', () => {
    const members = Array.from({ length: 5_000 }, (_, i) => ['m.room.member', `@m${i}:a.example`, `$m${i}`] as const);
    const room = new ChangingGuild().internals;
    const large = START.with(members);
    const view = judgingView(room, large, 'channels-past');
    expect(judgingView(room, StateMap.from([...large.entries()]), 'channels-past')).not.to.equal(view);
  });
});
