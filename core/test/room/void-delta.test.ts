import { expect } from 'chai';
import fc from 'fast-check';
import type { RoomEvent } from '../../src/event/types.ts';
import type { StoredEvent, VoidDelta } from '../../src/room/types.ts';
import { NO_VOIDS, voidsAfter, voidsBy, voidsChangedTo, voidsWithin } from '../../src/room/void-delta.ts';

/** A chain of events $0, $1, ...; `sets[i]` is what is void before $i. */
function chainOf(sets: readonly ReadonlySet<string>[]): StoredEvent[] {
  const chain: StoredEvent[] = [];
  for (const [depth, now] of sets.entries()) {
    const before = chain.at(-1);
    const void_delta = before === undefined ? NO_VOIDS : voidsChangedTo(before, sets[depth - 1] as ReadonlySet<string>, now);
    chain.push(stored(depth, void_delta));
  }
  return chain;
}

function stored(depth: number, void_delta: VoidDelta): StoredEvent {
  const event = { event_id: `$${depth}`, prev_events: depth === 0 ? [] : [`$${depth - 1}`] } as unknown as RoomEvent;
  return {
    ...{ event, verdict: 'accepted', fault: null, soft_failed: false, rank: 0 },
    depth,
    void_delta,
    state_base: null,
    state_delta: [],
  };
}

const eventIn = (chain: readonly StoredEvent[]) => (id: string) => chain[Number(id.slice(1))] as StoredEvent;

describe('what is void, as differences', () => {
  it('is nothing more to write for events that change nothing of it, however much is void', () => {
    const many = new Set(Array.from({ length: 1_000 }, (_, i) => `$x${i}`));
    const chain = chainOf([new Set(), many, ...Array.from({ length: 50 }, () => many)]);
    for (const { void_delta } of chain.slice(2)) expect(void_delta).to.deep.equal({ base: '$1', added: [], removed: [] });
    expect(voidsAfter(chain[50] as StoredEvent)).to.equal((chain[50] as StoredEvent).void_delta);
  });

  it('gives back every set, whole and above a depth, along any changes', () => {
    // Before $i only what is less deep may be void.
    const steps = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(steps, fc.nat(30), (toggled, above) => {
        const sets: Set<string>[] = [new Set()];
        for (const [i, picks] of toggled.entries()) {
          const next = new Set(sets[i]);
          for (const pick of picks) {
            const id = `$${pick % (i + 1)}`;
            if (!next.delete(id)) next.add(id);
          }
          sets.push(next);
        }
        const chain = chainOf(sets);
        const within = voidsWithin(chain);
        const late = voidsWithin(chain.slice(Math.floor(chain.length / 2)));
        for (const [i, one] of chain.entries()) {
          const expected = sets[i] as Set<string>;
          expect(voidsBy(one.void_delta, eventIn(chain))).to.deep.equal(expected);
          const found = voidsBy(one.void_delta, eventIn(chain), above);
          for (let depth = above + 1; depth < i; depth++) expect(found.has(`$${depth}`)).to.equal(expected.has(`$${depth}`));
          expect(within.get(one.event.event_id)).to.deep.equal(expected);
          const part = late.get(one.event.event_id);
          if (part !== undefined) expect(part).to.deep.equal(new Set([...expected].filter((id) => late.has(id))));
        }
      }),
      { numRuns: 200 },
    );
  });
});
