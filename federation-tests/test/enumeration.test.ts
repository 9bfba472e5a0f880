import { expect } from 'chai';
import { Contrast, Enumeration, Hierarchical, type Tally, type V21Model } from '../src/index.ts';

/** Published counts of the base guild's worlds of one and of two further events: nothing may be left out. */
const WORLDS = { 1: 38, 2: 2_645 };
const REJECTED = { 1: 2, 2: 395 };

function finished<W>(enumeration: Enumeration<W>): Tally {
  for (const _ of enumeration.run());
  expect(enumeration.complete).to.equal(true);
  return enumeration.tally;
}

describe('every small world', function () {
  this.timeout(240_000);

  it('of up to two events after the base guild, in every order of delivery, is judged alike by engine and model', () => {
    const { worlds, rejected, orders, violations } = finished(new Enumeration(new Hierarchical(2), { events: 2, part: 0, parts: 1 }));
    expect(violations).to.deep.equal({});
    expect(worlds).to.deep.equal(WORLDS);
    expect(rejected).to.deep.equal(REJECTED);
    expect(orders).to.equal(4_127);
  });

  it('a part of those of three events', () => {
    const { worlds, violations } = finished(new Enumeration(new Hierarchical(3), { events: 3, part: 1_234, parts: 2_645 }));
    expect(violations).to.deep.equal({});
    expect(worlds[3]).to.be.greaterThan(0);
  });

  it('under v2.1 loses bans, entries and authority', () => {
    const { worlds, violations } = finished(new Enumeration(new Contrast(), { events: 2, part: 0, parts: 1 }));
    expect(worlds).to.deep.equal(WORLDS);
    const broken = Object.fromEntries(Object.entries(violations).map(([name, one]) => [name, one.worlds]));
    expect(broken).to.deep.equal({ 'higher-not-undone': 72, 'no-key-vanishes': 38, 'bans-hold': 2, 'dropped-key-powerless': 2 });
  });

  it('is counted once, in parts or in two goes', () => {
    const of = (part: number, parts: number, from?: Tally): Enumeration<V21Model> =>
      new Enumeration(new Contrast(), { events: 2, part, parts, from });
    const whole = finished(of(1, 4));
    // Every fourth turn is every eighth and those between.
    expect(finished(of(1, 8)).orders + finished(of(5, 8)).orders).to.equal(whole.orders);
    const first = of(1, 4);
    for (const _ of first.run()) if (first.tally.turns === 300) break;
    expect(finished(of(1, 4, JSON.parse(JSON.stringify(first.checkpoint)) as Tally))).to.deep.equal(whole);
  });
});
