import { expect } from 'chai';
import { Enumeration } from '../src/index.ts';

/** Published counts of the base guild's worlds of one and of two further events: nothing may be left out. */
const WORLDS = [
  [1, 38],
  [2, 2_645],
] as const;

describe('every small world', function () {
  this.timeout(180_000);

  it('of up to two events after the base guild, in every order of delivery, is judged alike by engine and model', () => {
    const { worlds, orders, complete, violations } = new Enumeration({ events: 2, part: 0, parts: 1, enough: () => false }).run();
    expect(violations.map(({ fault, story }) => [fault, ...story])).to.deep.equal([]);
    expect(complete).to.equal(true);
    expect([...worlds].sort(([a], [b]) => a - b)).to.deep.equal(WORLDS);
    expect(orders).to.be.greaterThan(2_683);
  });

  it('a part of those of three events', () => {
    const { worlds, violations } = new Enumeration({ events: 3, part: 1_234, parts: 2_645, enough: () => false }).run();
    expect(violations.map(({ fault, story }) => [fault, ...story])).to.deep.equal([]);
    expect(worlds.get(3)).to.be.greaterThan(0);
  });
});
