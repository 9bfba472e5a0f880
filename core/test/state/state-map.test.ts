import { expect } from 'chai';
import fc from 'fast-check';
import { splitStateKey, StateMap, stateKeyOf } from '../../src/state/state-map.ts';
import type { StateChange } from '../../src/room/types.ts';

const change = fc.tuple(
  fc.constantFrom('m.a', 'm.b', 'm.ab'),
  fc.integer({ min: 0, max: 60 }).map(String),
  fc.option(
    fc.integer({ min: 0, max: 5 }).map((n) => `$${n}`),
    { nil: null },
  ),
) as fc.Arbitrary<StateChange>;

function model(changes: readonly StateChange[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const [type, key, id] of changes) {
    if (id === null) out.delete(`${type}|${key}`);
    else out.set(`${type}|${key}`, id);
  }
  return out;
}

function flat(state: StateMap): Map<string, string> {
  return new Map([...state.entries()].map(([type, key, id]) => [`${type}|${key}`, id]));
}

describe('StateMap', () => {
  it('holds what a plain map holds, whatever is set and taken away', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const state = StateMap.EMPTY.with(changes);
        expect(flat(state)).to.deep.equal(model(changes));
        expect(state.size).to.equal(model(changes).size);
      }),
    );
  });

  it('tells all pairs of well-formed texts apart, those with U+0000 among them, which Matrix rooms allow (MXB-6)', () => {
    const text = fc.string({
      unit: fc.constantFrom('\u0000', '\u0001', 'a', '\u{10000}', '\u{103ff}', '\udbff\udfff', '\uffff'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 30 }), (pairs) => {
        const entries = new Map(pairs.map((pair, i) => [JSON.stringify(pair), [...pair, `$${i}`] as const]));
        for (const [type, key] of pairs) expect(splitStateKey(stateKeyOf(type, key))).to.deep.equal([type, key]);
        for (const state of [StateMap.from(entries.values()), StateMap.EMPTY.with(entries.values())]) {
          expect(state.size).to.equal(entries.size);
          for (const [type, key, id] of entries.values()) expect(state.get(type, key)).to.equal(id);
          expect([...state.entries()]).to.have.deep.members([...entries.values()]);
          for (const [type] of pairs) {
            const same = [...entries.values()].filter(([other]) => other === type).map(([, key, id]) => [key, id]);
            expect([...state.ofType(type)]).to.have.deep.members(same);
          }
        }
      }),
    );
  });

  it('does not change when another is made from it', () => {
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (first, second) => {
        const state = StateMap.EMPTY.with(first);
        state.with(second);
        expect(flat(state)).to.deep.equal(model(first));
      }),
    );
  });

  it('changesTo is exactly what turns one state into the other', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), fc.array(change), fc.array(change), (base, left, right) => {
        const a = StateMap.EMPTY.with([...base, ...left]);
        const b = StateMap.EMPTY.with(base).with(right);
        const changes = a.changesTo(b);
        expect(flat(a.with(changes))).to.deep.equal(flat(b));
        for (const [type, key, id] of changes) expect(a.get(type, key) ?? null).to.not.equal(id);
      }),
    );
  });

  it('changesWithin is changesTo, or nothing where there is more to compare than was allowed', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), fc.array(change), fc.integer({ min: 0, max: 60 }), (base, more, most) => {
        const a = StateMap.EMPTY.with(base);
        const b = a.with(more);
        const found = a.changesWithin(most, b);
        if (found === null) expect(a.size + b.size).to.be.greaterThan(most);
        else expect(found).to.deep.equal(a.changesTo(b));
      }),
    );
    const large = StateMap.from(Array.from({ length: 5_000 }, (_, i) => ['m', String(i), '$'] as const));
    expect(large.changesWithin(40, large.with([['m', '77', '$x']]))).to.deep.equal([['m', '77', '$x']]);
    expect(large.changesWithin(40, StateMap.from(large.entries()))).to.equal(null);
    expect(StateMap.EMPTY.changesWithin(40, large)).to.equal(null);
  });

  it('is made of entries in any order, of which the last of each key counts, and can be changed like any other', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.array(change), (changes, more) => {
        const entries = changes.map(([type, key, id]) => [type, key, id ?? '$none'] as const);
        const state = StateMap.from(entries);
        expect(flat(state)).to.deep.equal(model(entries));
        expect(state.size).to.equal(model(entries).size);
        expect(state.changesTo(StateMap.EMPTY.with(entries))).to.deep.equal([]);
        expect([...StateMap.from(state.entries()).entries()]).to.deep.equal([...state.entries()]);
        expect(flat(state.with(more))).to.deep.equal(model([...entries, ...more]));
      }),
    );
  });

  it('lists one type only', () => {
    const state = StateMap.from([
      ['m.a', '1', '$1'],
      ['m.ab', '1', '$2'],
      ['m.a', '2', '$3'],
      ['m', '2', '$4'],
    ]);
    expect([...state.ofType('m.a')]).to.deep.equal([
      ['1', '$1'],
      ['2', '$3'],
    ]);
    expect([...state.ofType('m.ac')]).to.deep.equal([]);
  });

  it('stays shallow for keys that come in order', () => {
    let state = StateMap.EMPTY;
    for (let i = 0; i < 20_000; i++) state = state.with([['m', String(i).padStart(6, '0'), '$']]);
    expect(state.size).to.equal(20_000);
    expect(state.changesTo(state.with([['m', '000001', '$x']]))).to.deep.equal([['m', '000001', '$x']]);
  });
});
