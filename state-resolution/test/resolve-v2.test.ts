import { expect } from 'chai';
import fc from 'fast-check';
import { authDifference, conflictedSubgraph } from '../src/conflicted-set.ts';
import { AuthGraph, type AuthVertex, compareUtf8, V2, V2_1, type V2Trace } from '../src/index.ts';
import { powerOrder } from '../src/power-order.ts';
import { RankQueue } from '../src/rank-queue.ts';
import { timeOrder } from '../src/time-order.ts';
import { NaiveV2 } from './naive-v2.ts';
import { arbitraryToyRoom, graphOf, resolveToyV2, TOY_MAINLINE, type ToyState, type ToyV2, toyInput, toyRules } from './toy-v2.ts';

const BOTH = [
  ['v2', V2],
  ['v2.1', V2_1],
] as const;

function sorted(some: Iterable<string>): string[] {
  return [...some].sort(compareUtf8);
}

function ids(graph: AuthGraph, numbers: Iterable<number>): string[] {
  return sorted(Array.from(numbers, (number) => graph.idOf(number)));
}

function event(id: string, type: string, stateKey: string, more: Partial<ToyV2> = {}): ToyV2 {
  return { id, type, stateKey, auth: [], ts: 0, level: 5, demands: 0, power: false, ...more };
}

describe('resolution v2 and v2.1', () => {
  for (const [name, switches] of BOTH) {
    it(`${name}: is what the specification says, done word for word`, () => {
      fc.assert(
        fc.property(arbitraryToyRoom, ({ events, states }) => {
          expect(resolveToyV2(events, states, switches)).to.deep.equal(new NaiveV2(events).resolve(states, switches));
        }),
        { numRuns: 1000 },
      );
    });

    it(`${name}: does not depend on the order of the states, of their entries, or of the events`, () => {
      const shuffled = arbitraryToyRoom.chain(({ events, states }) =>
        fc.record({
          room: fc.constant({ events, states }),
          events: fc.shuffledSubarray(events, { minLength: events.length }),
          states: fc
            .shuffledSubarray(states, { minLength: states.length })
            .map((all) => all.map((state): ToyState => new Map([...state].reverse()))),
        }),
      );
      fc.assert(
        fc.property(shuffled, ({ room, events, states }) => {
          expect(resolveToyV2(events, states, switches)).to.deep.equal(resolveToyV2(room.events, room.states, switches));
        }),
        { numRuns: 500 },
      );
    });
  }

  it('finds the auth difference and the conflicted subgraph', () => {
    fc.assert(
      fc.property(arbitraryToyRoom, ({ events, states }) => {
        const naive = new NaiveV2(events);
        const { graph, conflicted, unconflicted } = toyInput(events, states);
        const shared = Int32Array.from(unconflicted.events());
        expect(ids(graph, authDifference(graph, conflicted, shared))).to.deep.equal(sorted(naive.authDifference(states)));
        const ends = naive.conflicted(states);
        expect(
          ids(
            graph,
            conflictedSubgraph(
              graph,
              Int32Array.from(ends, (id) => graph.numberOf(id)),
            ),
          ),
        ).to.deep.equal(sorted(naive.subgraph(ends)));
      }),
      { numRuns: 1000 },
    );
  });

  it('sorts: every event comes back, once, after what it cites', () => {
    fc.assert(
      fc.property(arbitraryToyRoom, ({ events, states }) => {
        const input = toyInput(events, states);
        const { graph } = input;
        const all = Int32Array.from(events, ({ id }) => graph.numberOf(id)).sort();
        const { numbers } = powerOrder(all, graph, toyRules(events, graph));
        const order = Array.from(numbers, (number) => graph.idOf(number));
        expect(order).to.deep.equal(new NaiveV2(events).powerOrder(new Set(events.map(({ id }) => id))));
      }),
      { numRuns: 500 },
    );
  });

  it('sorts by time without comparing as it does by comparing, whatever the stamps', () => {
    const stamp = fc.oneof(fc.nat(9), fc.maxSafeNat(), fc.integer(), fc.constant(Number.MIN_SAFE_INTEGER));
    fc.assert(
      fc.property(
        fc.array(stamp, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(2 ** 33), { minLength: 400, maxLength: 600 }),
        (far, near) => {
          const stamps = [...near.map((ts) => 1_733_359_200_123 + ts), ...near.slice(0, 200), ...far];
          const events = stamps.map((ts, i) => event(`$${i}`, 'name', '', { ts }));
          const graph = graphOf(events);
          const numbers = Int32Array.from(events, ({ id }) => graph.numberOf(id));
          const expected = [...events].sort((a, b) => a.ts - b.ts || compareUtf8(a.id, b.id)).map(({ id }) => id);
          expect(Array.from(timeOrder(numbers, graph), (i) => graph.idOf(numbers[i] as number))).to.deep.equal(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('queues: the least comes first, each once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.nat(39_999), { freq: 2 }), { maxLength: 300 }),
        fc.constantFrom(1, 31, 32, 33, 1024, 1025, 40_000),
        (acts, size) => {
          const queue = new RankQueue(size);
          const held = new Set<number>();
          for (const act of acts) {
            if (act === null) {
              const least = held.size === 0 ? -1 : Math.min(...held);
              expect(queue.pop()).to.equal(least);
              held.delete(least);
            } else {
              queue.push(act % size);
              held.add(act % size);
            }
          }
        },
      ),
    );
  });

  it('agrees with itself on more states than one pass compares', () => {
    const events = [
      event('$0', 'create', ''),
      ...Array.from({ length: 90 }, (_, i) => event(`$${i + 1}`, 'name', '', { auth: ['$0'], ts: i })),
    ];
    const states = events.slice(1).map(
      ({ id }): ToyState =>
        new Map([
          ['create/', '$0'],
          ['name/', id],
        ]),
    );
    for (const [, switches] of BOTH) {
      expect(resolveToyV2(events, states, switches)).to.deep.equal(new NaiveV2(events).resolve(states, switches));
      expect(resolveToyV2(events, states, switches)).to.deep.equal(['create/=$0', 'name/=$90']);
    }
  });

  it('says why each conflicted event won or lost', () => {
    const events = [
      event('$p', 'power', '', { level: 9, demands: 3 }),
      event('$a', 'topic', '', { auth: ['$p'], ts: 1 }),
      event('$b', 'topic', '', { auth: ['$p'], ts: 2 }),
      event('$c', 'topic', '', { auth: ['$p'], ts: 3, level: 1 }),
    ];
    const states = ['$a', '$b', '$c'].map(
      (id): ToyState =>
        new Map([
          ['power/', '$p'],
          ['topic/', id],
        ]),
    );
    const trace: V2Trace = { steps: [], keys: [], mainline: [] };
    expect(resolveToyV2(events, states, V2, trace)).to.deep.equal(['power/=$p', 'topic/=$b']);
    expect(trace.mainline).to.deep.equal(['$p']);
    expect(trace.steps.map(({ id, list, level, fault }) => [id, list, level, fault?.rule ?? null])).to.deep.equal([
      ['$a', 'mainline', 0, null],
      ['$b', 'mainline', 0, null],
      ['$c', 'mainline', 0, 'TOY-2'],
    ]);
    expect(trace.keys).to.have.length(1);
    expect(trace.keys[0]).to.deep.include({ type: 'topic', winner: '$b', wonBy: 'last' });
    expect(trace.keys[0]?.candidates.map(({ id, standing }) => [id, standing])).to.deep.equal([
      ['$a', 'replaced'],
      ['$b', 'won'],
      ['$c', 'refused'],
    ]);
  });

  it('says it in JSON, of which nothing is lost: what is above every number has none', () => {
    const events = [
      event('$p', 'power', '', { level: 9, demands: 3 }),
      event('$a', 'power', '', { auth: ['$p'], ts: 1, level: Infinity, power: true }),
      event('$b', 'power', '', { auth: ['$p'], ts: 2, level: 7, power: true }),
      event('$c', 'topic', '', { ts: 1 }),
      event('$d', 'topic', '', { auth: ['$p'], ts: 2 }),
    ];
    const states = [
      ['$a', '$c'],
      ['$b', '$d'],
    ].map(
      ([power, topic]): ToyState =>
        new Map([
          ['power/', power as string],
          ['topic/', topic as string],
        ]),
    );
    const trace: V2Trace = { steps: [], keys: [], mainline: [] };
    resolveToyV2(events, states, V2, trace);
    expect(JSON.parse(JSON.stringify(trace))).to.deep.equal(trace);
    expect(trace.steps.map(({ id, list, level }) => [id, list, level])).to.deep.equal([
      ['$a', 'power', null],
      ['$b', 'power', 7.3],
      ['$c', 'mainline', null],
      ['$d', 'mainline', 1],
    ]);
  });
});

describe('shapes that have broken servers', () => {
  it('a chain of a million auth events: resolved without recursion', function () {
    this.timeout(60_000);
    const length = 1_000_000;
    const graph = new AuthGraph(TOY_MAINLINE);
    const read = (id: string): AuthVertex => {
      const n = Number(id.slice(1));
      return { authEvents: n === 0 ? [] : [`$${n - 1}`], type: 'power', stateKey: '', originTs: n, isPower: true };
    };
    graph.add(`$${length}`, read);
    expect(graph.size).to.equal(length + 1);
    const half = length / 2;
    const difference = authDifference(graph, [Int32Array.of(half), Int32Array.of(length)], new Int32Array(0));
    expect(difference.length).to.equal(half);
    expect(conflictedSubgraph(graph, Int32Array.of(0, length)).length).to.equal(length + 1);
  });

  it('a star of 100,000 auth events, cited by both states', function () {
    this.timeout(60_000);
    const spokes = Array.from({ length: 100_000 }, (_, i) => event(`$s${i}`, 'seat', String(i)));
    const auth = spokes.map(({ id }) => id);
    const events = [...spokes, event('$x', 'name', '', { auth, ts: 1 }), event('$y', 'name', '', { auth, ts: 2 })];
    const states = ['$x', '$y'].map((id): ToyState => new Map([['name/', id]]));
    for (const [, switches] of BOTH) expect(resolveToyV2(events, states, switches)).to.deep.equal(['name/=$y']);
  });

  it('events that authorise each other in a circle are no graph', () => {
    const events = [event('$a', 'name', '', { auth: ['$b'] }), event('$b', 'name', '', { auth: ['$a'] })];
    expect(() => graphOf(events)).to.throw('among its own auth events');
  });
});
