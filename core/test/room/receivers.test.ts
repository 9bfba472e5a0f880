import { expect } from 'chai';
import fc from 'fast-check';
import { membershipOf } from '../../src/auth/members.ts';
import { BITS } from '../../src/auth/permission-bits.ts';
import { effectivePermissions } from '../../src/auth/permissions.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import { serverOf } from '../../src/identifiers.ts';
import { type Internals, viewOf } from '../../src/room/internals.ts';
import { serversOf, serving } from '../../src/room/servers.ts';
import type { StateChange } from '../../src/room/types.ts';
import type { StateMap } from '../../src/state/state-map.ts';
import { CHANNEL, join, make, membership, overwrites, user } from '../auth/small-room.ts';
import { ChangingGuild, EVENTS, OTHER } from './changing-guild.ts';

const putting = ({ type, state_key, event_id }: RoomEvent): StateChange => [type, state_key ?? '', event_id];

/** Some entries change, of which some go; then one of three rooms is asked about. */
const step = fc.record({
  changes: fc.array(fc.record({ set: fc.constantFrom(...EVENTS), gone: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  asked: fc.constantFrom('guild', CHANNEL, OTHER),
});

const HIDING = putting(
  EVENTS.find(({ type, content }) => type === 'm.guild.authority' && JSON.stringify(content).includes('"allow":"0"')) as RoomEvent,
);

/** By the rule's words: member by member. */
function serversBy(room: Internals, state: StateMap): string[] {
  const view = viewOf(room.guild ?? room, state);
  const concerned = [...state.ofType('m.room.member')]
    .map(([member]) => member)
    .filter((member) => {
      const membership = membershipOf(view, member);
      if (room.guild === null) return membership === 'join' || membership === 'invite';
      return (effectivePermissions(view, member, room.room_id).bits & BITS.VIEW_CHANNEL) !== 0n;
    });
  return [...new Set(concerned.map(serverOf))];
}

/** Members of server a before and after those of the small guild, in the order of the state. */
const crowd = (from: number, count: number): RoomEvent[] => Array.from({ length: count }, (_, i) => make(join(`m${from + i}`)));

describe('servers that get events', () => {
  it('are after any changes those that the state alone says', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, hidden) => {
        const guild = new ChangingGuild();
        // Where everybody may see the channels, roles decide nothing.
        if (hidden) guild.state = guild.state.with([HIDING, ['m.guild.member_roles', user('bea@b'), null]]);
        const rooms = new Map<string, Internals>([['guild', guild.internals]]);
        for (const channel of [CHANNEL, OTHER]) rooms.set(channel, guild.channel(channel));
        for (const { changes, asked } of steps) {
          guild.state = guild.state.with(
            changes.map(({ set, gone }): StateChange => (gone ? [set.type, set.state_key ?? '', null] : putting(set))),
          );
          const room = rooms.get(asked) as Internals;
          expect(serversOf(room)).to.deep.equal(serversBy(room, guild.state));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('are found without reading the members again when one joins or leaves', () => {
    const members = crowd(0, 3_000);
    const late = make(join('zoe'));
    const gone = make({ ...membership('m7', 'm7', 'leave') });
    const guild = new ChangingGuild([...members, late, gone]);
    const channel = guild.channel(CHANNEL);
    guild.state = guild.state.with(members.map(putting));
    const reads = (): number => {
      const before = guild.workingSet.reads;
      expect(serversOf(channel)).to.deep.equal(['a.example', 'b.example']);
      return guild.workingSet.reads - before;
    };
    expect(reads(), 'at first').to.be.below(300);
    guild.state = guild.state.with([putting(late)]);
    expect(reads(), 'one more').to.be.below(12);
    guild.state = guild.state.with([putting(gone)]);
    expect(reads(), 'one less').to.be.below(12);
  });

  it('lose a server with the last of its members who may view the channel, and may be served what was sent before', () => {
    const [hidden, gone] = [
      make({ ...overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: '1024' }]), event_id: '$hidden' }),
      ...EVENTS.filter(({ event_id }) => event_id === '$leave max@b'),
    ] as const;
    const guild = new ChangingGuild([hidden]);
    const channel = guild.channel(CHANNEL);
    const message = make({ type: 'm.room.message', sender: user('olga'), event_id: '$message', room_id: CHANNEL });
    channel.workingSet.put({
      ...{ event: { ...message, guild_heads: guild.internals.extremities }, verdict: 'accepted', fault: null, soft_failed: false, rank: 0 },
      ...{ depth: 1, void_delta: { base: null, added: [], removed: [] }, state_base: null, state_delta: [] },
    });
    expect(serving(channel, '$message', 'b.example')).to.equal('whole');
    guild.state = guild.state.with([putting(hidden), [gone?.type ?? '', gone?.state_key ?? '', gone?.event_id ?? null]]);
    // bea@b is an administrator's role holder without the ADMINISTRATOR bit: hidden from her as well.
    expect(serversOf(channel)).to.deep.equal(['a.example']);
    expect(serving(channel, '$message', 'b.example'), 'sent when it was visible').to.equal('whole');
    expect(serving(channel, '$message', 'c.example'), 'not admitted').to.equal('no');
    channel.workingSet.put({
      ...{ event: { ...message, event_id: '$later', guild_heads: guild.internals.extremities }, verdict: 'accepted', fault: null },
      ...{ soft_failed: false, rank: 0, depth: 2, void_delta: { base: null, added: [], removed: [] }, state_base: null, state_delta: [] },
    });
    expect(serving(channel, '$later', 'b.example'), 'sent since').to.equal('redacted');
  });
});
