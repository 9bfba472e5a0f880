import { expect } from 'chai';
import fc from 'fast-check';
import type { HierarchicalRules, ResolutionTrace } from '../src/index.ts';
import { Ancestry, compareUtf8, resolveHierarchical } from '../src/index.ts';
import { resolveBy } from '../src/resolve-hierarchical.ts';
import { marks, node, resolveToys, TOY_RULES, type Toy, type ToyNode } from './toy-rules.ts';

/** Sets `topic`; `rank` and so on as given. */
function topic(id: string, rank: number, more: Partial<ToyNode> = {}): ToyNode {
  return { id, set: 'topic', mark: id, rank, ...more };
}

describe('the value of a key (RES-2, RES-3)', () => {
  it('is the causally last, whatever its rank and time stamp', () => {
    expect(marks(resolveToys({}, [topic('a', 90, { ts: 9 }), topic('b', 1, { after: ['a'], ts: 1 })]))).to.equal('topic=b');
  });

  it('follows causality through events that are not state', () => {
    const message: ToyNode = { id: 'm', set: '', mark: '', rank: 0, after: ['a'] };
    expect(marks(resolveToys({}, [topic('a', 90), message, topic('b', 1, { after: ['m'] })]))).to.equal('topic=b');
  });

  it('of concurrent ones is a ban before all else', () => {
    expect(marks(resolveToys({}, [topic('ban', 1, { ban: true }), topic('x', 90, { ts: 9 })]))).to.equal('topic=ban');
  });

  it('then that of greater weight, which descendants inherit but not from what all share', () => {
    //   shared(99) -- high(50) -- low(1)      low weighs 50: more than 40
    //            \--- other(40)               shared weighs for neither
    const toys = [
      topic('shared', 99),
      topic('high', 50, { after: ['shared'] }),
      topic('low', 1, { after: ['high'] }),
      topic('other', 40, { after: ['shared'], ts: 9 }),
    ];
    const trace: ResolutionTrace = { events: [], keys: [] };
    expect(marks(resolveToys({}, toys, trace))).to.equal('topic=low');
    expect(trace.keys[0]?.wonBy).to.equal('weight');
    expect(trace.keys[0]?.candidates.map(({ id, weight, standing }) => `${id} ${weight} ${standing}`).sort(compareUtf8)).to.deep.equal([
      'high null superseded',
      'low 50 last',
      'other 40 last',
      'shared null superseded',
    ]);
  });

  it('then the later, then the greater by UTF-8 bytes', () => {
    expect(marks(resolveToys({}, [topic('a', 5, { ts: 2 }), topic('b', 5, { ts: 1 })]))).to.equal('topic=a');
    expect(marks(resolveToys({}, [topic('\uff00', 5), topic('\u{1f600}', 5)]))).to.equal('topic=\u{1f600}');
  });

  it('is that of the cut where every candidate is void, and then nothing changes', () => {
    const resolution = resolveToys({ topic: 'old' }, [topic('x', 5, { needs: [['door', 'open']] })]);
    expect(resolution.changes.size).to.equal(0);
    expect([...resolution.void]).to.deep.equal(['x']);
  });
});

describe('void events (RES-4 to RES-6)', () => {
  const close: ToyNode = { id: 'close', set: 'door', mark: 'shut', rank: 50, power: true };

  it('(b): a concurrent power event of higher rank forbids what it would have forbidden before', () => {
    const resolution = resolveToys({ door: 'open' }, [close, topic('x', 10, { needs: [['door', 'open']] })]);
    expect(marks(resolution)).to.equal('door=shut');
    expect(resolution.reasons.get('x')).to.deep.include({ clause: 'b', by: 'close' });
  });

  it('(b) does not come from equal rank, from events that are no power events, from what is comparable, or from what is void', () => {
    const x = topic('x', 50, { needs: [['door', 'open']] });
    expect(resolveToys({ door: 'open' }, [close, x]).void.size).to.equal(0);
    expect(resolveToys({ door: 'open' }, [{ ...close, power: false, rank: 60 }, x]).void.size).to.equal(0);
    expect(resolveToys({ door: 'open' }, [x, { ...close, rank: 60, after: ['x'] }]).void.size).to.equal(0);
    const ousted = { ...close, rank: 60, needs: [['key', 'mine']] } as const;
    const oust: ToyNode = { id: 'oust', set: 'key', mark: 'yours', rank: 70, power: true };
    expect([...resolveToys({ door: 'open', key: 'mine' }, [ousted, x, oust]).void]).to.deep.equal(['close']);
  });

  it('(b) puts companions in place together with a power event', () => {
    const stay = { id: 'stay', set: 'seat', mark: 'taken' };
    const grant: ToyNode = { id: 'grant', set: 'grant', mark: 'g', rank: 60, power: true, with: [stay] };
    const x = topic('x', 10, { needs: [['seat', 'empty']] });
    expect(resolveToys({ seat: 'empty' }, [{ ...grant, with: [] }, x]).void.size).to.equal(0);
    expect(resolveToys({ seat: 'empty' }, [grant, x]).reasons.get('x')?.by).to.equal('grant');
  });

  it('(a): what rests on a void event of higher or equal rank is void with it', () => {
    const open: ToyNode = { id: 'open', set: 'door', mark: 'open', rank: 40, needs: [['key', 'mine']], power: true };
    const oust: ToyNode = { id: 'oust', set: 'key', mark: 'yours', rank: 70, power: true };
    const x = topic('x', 10, { after: ['open'], needs: [['door', 'open']] });
    const resolution = resolveToys({ door: 'shut', key: 'mine' }, [open, x, oust]);
    expect(resolution.reasons.get('x')?.clause).to.equal('a');
    expect([...resolution.void].sort(compareUtf8)).to.deep.equal(['open', 'x']);
  });

  it('(a): an ancestor of lower rank counts as its author saw it, void or not', () => {
    // low opens the door, high walks through. Whether low stands is judged later, and does not touch high.
    const low: ToyNode = { id: 'low', set: 'door', mark: 'open', rank: 10, needs: [['key', 'mine']], power: true };
    const oust: ToyNode = { id: 'oust', set: 'key', mark: 'yours', rank: 30, power: true };
    const high = topic('high', 50, { after: ['low'], needs: [['door', 'open']] });
    expect([...resolveToys({ door: 'shut', key: 'mine' }, [low, oust, high]).void]).to.deep.equal(['low']);
    const seen = topic('high', 50, { after: ['low'], needs: [['door', 'open']], voidBefore: ['low'] });
    expect(resolveToys({ door: 'shut', key: 'mine' }, [low, oust, seen]).reasons.get('high')?.clause).to.equal('a');
  });

  it('tells what it did, in the order of judging', () => {
    const trace: ResolutionTrace = { events: [], keys: [] };
    resolveToys({ door: 'open' }, [topic('x', 10, { needs: [['door', 'open']] }), close], trace);
    expect(trace.events.map(({ id, verdict, reason }) => [id, verdict, reason?.clause, reason?.by, reason?.fault.rule])).to.deep.equal([
      ['close', 'stands', undefined, undefined, undefined],
      ['x', 'void', 'b', 'close', 'TOY-1'],
    ]);
    expect(trace.keys.map(({ key, winner, wonBy }) => [key, winner, wonBy])).to.deep.equal([
      ['door', 'close', 'causally-last'],
      ['topic', null, 'no-candidate'],
    ]);
  });
});

describe('any region', () => {
  /** Toys that cite some earlier ones, need some marks, and set one of three keys. */
  const regions = fc
    .array(
      fc.record({
        cites: fc.array(fc.nat(30), { maxLength: 3 }),
        key: fc.constantFrom('k1', 'k2', 'k3', ''),
        needs: fc.array(fc.tuple(fc.constantFrom('k1', 'k2', 'k3'), fc.constantFrom('0', '1')), { maxLength: 2 }),
        rank: fc.nat(3),
        ts: fc.nat(2),
        power: fc.boolean(),
        ban: fc.boolean(),
      }),
      { maxLength: 24 },
    )
    .map((all) =>
      all.map((one, i): ToyNode => {
        const after = i === 0 ? [] : one.cites.map((n) => `e${n % i}`);
        return {
          id: `e${i}`,
          set: one.key,
          mark: String(i % 2),
          after: ['cut', ...after],
          needs: one.needs,
          rank: one.rank,
          ts: one.ts,
          power: one.power,
          ban: one.ban,
        };
      }),
    );
  const base = (key: string): ToyNode => ({ id: 'cut', set: key, mark: '0', rank: 0 });

  it('resolves the same in any order', () => {
    fc.assert(
      fc.property(
        regions.chain((toys) => fc.tuple(fc.constant(toys), fc.shuffledSubarray(toys, { minLength: toys.length, maxLength: toys.length }))),
        ([toys, shuffled]) => {
          const [a, b] = [toys, shuffled].map((some) => resolveHierarchical({ region: some.map(node), base }, TOY_RULES));
          expect([...(b?.changes ?? [])]).to.deep.equal([...(a?.changes ?? [])]);
          expect([...(b?.reasons ?? [])]).to.deep.equal([...(a?.reasons ?? [])]);
        },
      ),
      { verbose: 1 },
    );
  });

  it('never lets a lower or equal rank undo an event directly, nor anything that comes after it', () => {
    fc.assert(
      fc.property(regions, (toys) => {
        const { reasons } = resolveHierarchical({ region: toys.map(node), base }, TOY_RULES);
        for (const [id, { clause, by }] of reasons) {
          const undone = toys.find((toy) => toy.id === id) as ToyNode;
          const undoer = toys.find((toy) => toy.id === by);
          if (clause === 'b') expect(undoer?.rank).to.be.greaterThan(undone.rank);
        }
      }),
      { verbose: 1 },
    );
  });

  it('resolves the same whether or not power events that look alike are grouped', () => {
    // A toy sees of a value only whether it has one of the marks that it needs; this one may need a mark of a further key as well.
    const seen: HierarchicalRules<Toy> = {
      ...TOY_RULES,
      facet: (event, key) => {
        const marks = [...new Set((event.needs ?? []).flatMap(([needed, mark]) => (needed === key ? [mark] : [])))].sort(compareUtf8);
        return { name: marks.join(), of: (value) => marks.map((mark) => String(mark === value.mark)).join() };
      },
    };
    let grouped = 0;
    const crowds = fc
      .array(fc.record({ mark: fc.nat(3), rank: fc.nat(5), after: fc.option(fc.nat(40)), needs: fc.option(fc.nat(3)) }), {
        minLength: 30,
        maxLength: 60,
      })
      .map((all) =>
        all.map((one, i): ToyNode => {
          const id = `e${i}`;
          const after = one.after === null || i === 0 ? ['cut'] : [`e${one.after % i}`];
          if (i % 3 !== 0) return { id, set: 'k1', mark: String(one.mark), after, rank: one.rank, power: true };
          const needs: (readonly [string, string])[] =
            one.needs === null
              ? [['k1', '0']]
              : [
                  ['k1', '0'],
                  ['k2', String(one.needs)],
                ];
          return { id, set: 'k2', mark: String(one.mark), after, rank: one.rank, needs, power: i % 2 === 0 };
        }),
      );
    fc.assert(
      fc.property(crowds, (toys) => {
        const traces: [ResolutionTrace, ResolutionTrace] = [
          { events: [], keys: [] },
          { events: [], keys: [] },
        ];
        const input = { region: toys.map(node), base };
        const [a, b] = [resolveHierarchical(input, TOY_RULES, traces[0]), resolveHierarchical(input, seen, traces[1])];
        expect([...b.changes]).to.deep.equal([...a.changes]);
        expect([...b.reasons]).to.deep.equal([...a.reasons]);
        expect(traces[1]).to.deep.equal(traces[0]);
        for (const { clause } of a.reasons.values()) if (clause === 'b') grouped++;
      }),
      { numRuns: 300, verbose: 1 },
    );
    expect(grouped).to.be.greaterThan(100);
  });

  it('resolves the same by chains and by bits, whatever the shape', () => {
    const event = fc.record({
      cites: fc.array(fc.nat(60), { maxLength: 3 }),
      near: fc.boolean(),
      key: fc.constantFrom('k1', 'k2', ''),
      needs: fc.array(fc.tuple(fc.constantFrom('k1', 'k2'), fc.constantFrom('0', '1')), { maxLength: 1 }),
      rank: fc.nat(4),
      power: fc.boolean(),
      isVoid: fc.boolean(),
    });
    const large = fc.array(event, { minLength: 30, maxLength: 60 }).map((all) =>
      all.map((one, i): ToyNode => {
        // Near ones make long chains; far ones make branches and tangles.
        const after = i === 0 ? [] : one.cites.map((n) => `e${one.near ? Math.max(0, i - 1 - (n % 3)) : n % i}`);
        const voidBefore = one.isVoid ? ['e1', 'e4', 'e9'] : [];
        return {
          id: `e${i}`,
          set: one.key,
          mark: String(i % 2),
          after: ['cut', ...after],
          needs: one.needs,
          rank: one.rank,
          power: one.power,
          voidBefore,
        };
      }),
    );
    fc.assert(
      fc.property(large, (toys) => {
        const region = toys.map(node);
        const [chains, bits] = [new Ancestry(region), new Ancestry(region, false)];
        for (const a of chains.states.keys())
          for (const b of chains.states.keys()) expect(chains.precedes(a, b)).to.equal(bits.precedes(a, b));
        const traces: [ResolutionTrace, ResolutionTrace] = [
          { events: [], keys: [] },
          { events: [], keys: [] },
        ];
        const [byChains, byBits] = [chains, bits].map((ancestry, i) => resolveBy(ancestry, { region, base }, TOY_RULES, traces[i]));
        expect([...(byChains?.reasons ?? [])]).to.deep.equal([...(byBits?.reasons ?? [])]);
        expect([...(byChains?.changes ?? [])]).to.deep.equal([...(byBits?.changes ?? [])]);
        expect(traces[0]).to.deep.equal(traces[1]);
      }),
      { numRuns: 100, verbose: 1 },
    );
  });

  it('must be one: no ID twice, no circle', () => {
    const twice = [topic('a', 1), topic('a', 2)].map(node);
    const circle = [topic('a', 1, { after: ['b'] }), topic('b', 2, { after: ['a'] })].map(node);
    expect(() => resolveHierarchical({ region: twice, base }, TOY_RULES)).to.throw('twice');
    expect(() => resolveHierarchical({ region: circle, base }, TOY_RULES)).to.throw('circle');
  });

  it('of thousands of events takes seconds at most', function () {
    this.timeout(20_000);
    const toys: ToyNode[] = [];
    for (let i = 0; i < 3000; i++) {
      const after = i < 6 ? ['cut'] : [`e${i - 6}`, ...(i % 50 === 0 ? [`e${i - 5}`] : [])];
      toys.push({
        id: `e${i}`,
        set: `k${i % 300}`,
        mark: '0',
        rank: i % 7,
        after,
        needs: [[`k${(i + 1) % 300}`, '0']],
        power: i % 3 === 0,
      });
    }
    const started = performance.now();
    expect(resolveHierarchical({ region: toys.map(node), base }, TOY_RULES).void.size).to.equal(0);
    expect(performance.now() - started).to.be.lessThan(10_000);
  });
});

describe('large regions', () => {
  const base = (): undefined => undefined;
  /** Milliseconds, and megabytes of arrays that were made. */
  const cost = (work: () => void): { ms: number; mb: number } => {
    const [started, arrays] = [performance.now(), process.memoryUsage().arrayBuffers];
    work();
    return { ms: performance.now() - started, mb: (process.memoryUsage().arrayBuffers - arrays) / 2 ** 20 };
  };

  it('100,000 events on twenty branches that merge now and then take some megabytes, not gigabytes', function () {
    this.timeout(60_000);
    const branches = 20;
    const region = Array.from({ length: 100_000 }, (_, i) => {
      const merges = i % 1000 < branches && i >= 1000;
      const after =
        i < branches ? ['cut'] : merges ? Array.from({ length: branches }, (_unused, b) => `e${i - branches - b}`) : [`e${i - branches}`];
      return node({ id: `e${i}`, set: `k${i % 5000}`, mark: '0', rank: i % 7, after, ts: i });
    });
    let found: Ancestry<(typeof region)[number]> | undefined;
    const { ms, mb } = cost(() => {
      found = new Ancestry(region);
    });
    expect(found?.precedes(0, 99_999)).to.equal(true);
    expect(mb).to.be.lessThan(64);
    expect(ms).to.be.lessThan(20_000);
    expect(cost(() => resolveHierarchical({ region, base }, TOY_RULES)).ms).to.be.lessThan(30_000);
  });

  it('a star of 10,000 concurrent events of one key, and one that merges them', function () {
    this.timeout(60_000);
    const star = Array.from({ length: 10_000 }, (_, i) => topic(`e${i}`, i % 5, { ts: i, power: true }));
    const all = [...star, topic('m', 0, { after: star.map(({ id }) => id), ts: 1 })];
    const { ms, mb } = cost(() => {
      expect(resolveHierarchical({ region: star.map(node), base }, TOY_RULES).changes.get('topic')?.id).to.equal('e9999');
      expect(resolveHierarchical({ region: all.map(node), base }, TOY_RULES).changes.get('topic')?.id).to.equal('m');
    });
    expect(mb).to.be.lessThan(64);
    expect(ms).to.be.lessThan(30_000);
  });

  it('a chain of 100,000 events of one key', function () {
    this.timeout(60_000);
    const chain = Array.from({ length: 100_000 }, (_, i) =>
      topic(`e${i}`, 1, { after: [i === 0 ? 'cut' : `e${i - 1}`], ts: i, needs: i === 0 ? [] : [['topic', `e${i - 1}`]] }),
    );
    const { ms, mb } = cost(() => {
      const { changes, void: voids } = resolveHierarchical({ region: chain.map(node), base }, TOY_RULES);
      expect(changes.get('topic')?.id).to.equal('e99999');
      expect(voids.size).to.equal(0);
    });
    expect(mb).to.be.lessThan(64);
    expect(ms).to.be.lessThan(30_000);
  });
});

describe('the order of IDs', () => {
  it('is that of UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { verbose: 1 },
    );
  });
});
