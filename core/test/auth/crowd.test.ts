import { type HierarchicalRules, type Node, resolveHierarchical, type ResolutionTrace } from '@openguild/state-resolution';
import { expect } from 'chai';
import { nativeRules } from '../../src/auth/native-rules.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import { stateKeyOf } from '../../src/state/state-map.ts';
import { grant, guild, join, make, membership, roles, type SmallRoom } from './small-room.ts';

const MODERATORS = 5;

function keyOf(event: RoomEvent): string {
  return stateKeyOf(event.type, event.state_key ?? '');
}

/** Concurrent, and each by itself: `edits` of the roles by admins, of which every tenth takes the moderators' role away; bans by moderators of rank 50. */
function crowd(edits: number, bans: number): { room: SmallRoom; region: Node<RoomEvent>[] } {
  const moderators = Array.from({ length: MODERATORS }, (_, i) => `mod${i}`);
  const room = guild.with(
    ...['ada', ...moderators].map((name) => join(name)),
    grant('ada', ['admin']),
    ...moderators.map((name) => grant(name, ['mod'])),
  );
  const node = (event: RoomEvent, rank: number, ts: number): Node<RoomEvent> => {
    return { id: event.event_id, event, prev: [], key: keyOf(event), rank, originTs: ts, voidBefore: new Set() };
  };
  const region = Array.from({ length: edits }, (_, i) => {
    const change = i % 10 === 9 ? { mod: { rank: 1 + (i % 40), allow: '0' } } : { low: { rank: 1 + (i % 40), allow: '0' } };
    return node(make({ ...roles('ada', change), event_id: `$edit ${i}` }), 90, i);
  });
  for (let i = 0; i < bans; i++) region.push(node(make(membership(`mod${i % MODERATORS}`, `target${i}`, 'ban')), 50, i));
  return { room, region };
}

function rulesOf(room: SmallRoom): { rules: HierarchicalRules<RoomEvent>; base: (key: string) => RoomEvent | undefined } {
  const state = new Map(room.events().map((event) => [keyOf(event), event]));
  const base = (key: string): RoomEvent | undefined => state.get(key);
  return { rules: nativeRules('guild', base, () => expect.fail('no companions here')), base };
}

describe('many concurrent edits of roles beside many concurrent bans (RES-6)', () => {
  it('are judged as they are one by one', () => {
    const { room, region } = crowd(60, 60);
    const { rules, base } = rulesOf(room);
    const { facet: _grouping, ...oneByOne } = rules;
    const traces = [rules, oneByOne].map((some) => {
      const trace: ResolutionTrace = { events: [], keys: [] };
      const { changes, reasons } = resolveHierarchical({ region, base }, some, trace);
      return { trace, changes: [...changes].map(([key, event]) => [key, event.event_id]), reasons: [...reasons] };
    });
    expect(traces[0]).to.deep.equal(traces[1]);
    expect(traces[0]?.reasons.length).to.equal(60);
    expect(traces[0]?.reasons[0]?.[1]).to.deep.include({ clause: 'b', by: '$edit 9' });
  });

  it('cost a fraction of one judgement for each pair', () => {
    const { room, region } = crowd(1000, 1000);
    const { rules, base } = rulesOf(room);
    let judgements = 0;
    const counting: HierarchicalRules<RoomEvent> = {
      ...rules,
      authorize: (event, lookup, onRead) => {
        judgements++;
        return rules.authorize(event, lookup, onRead);
      },
    };
    const { reasons } = resolveHierarchical({ region, base }, counting);
    expect(reasons.size).to.equal(1000);
    expect(judgements).to.be.lessThan(110_000);
  });
});
