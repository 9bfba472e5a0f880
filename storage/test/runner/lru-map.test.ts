import { expect } from 'chai';
import fc from 'fast-check';
import { LruMap } from '../../src/runner/lru-map.ts';

const SEED = Number(process.env['OPENGUILD_SEED'] ?? Date.now() % 1_000_000);
const KEYS = 12;

type Step = readonly [set: boolean, key: number];

/** The map after some steps; what was set at step i is the value i. `see`: what it had before each step. */
function after(
  limit: number,
  steps: readonly Step[],
  see: (key: number, value: number | undefined, step: number) => void = () => undefined,
): LruMap<number, number> {
  const map = new LruMap<number, number>(limit);
  steps.forEach(([set, key], step) => {
    see(key, map.get(key), step);
    if (set) map.set(key, step);
  });
  return map;
}

describe(`a map that forgets (OPENGUILD_SEED=${SEED})`, () => {
  const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: KEYS - 1 }));
  const history = fc.tuple(fc.integer({ min: 2, max: KEYS }), fc.array(step, { maxLength: 60 }));
  const check = (law: (limit: number, steps: readonly Step[]) => void): void =>
    fc.assert(
      fc.property(history, ([limit, steps]) => law(limit, steps)),
      { seed: SEED, numRuns: 300 },
    );

  it('never gives another value than the last that was set', () => {
    check((limit, steps) => {
      const values = new Map<number, number>();
      after(limit, steps, (key, value, at) => {
        if (value !== undefined) expect(value).to.equal(values.get(key));
        if (steps[at]?.[0] === true) values.set(key, at);
      });
    });
  });

  it('still has the half of its entries that was used last', () => {
    check((limit, steps) => {
      let used: number[] = [];
      after(limit, steps, (key, value, at) => {
        if (used.slice(0, Math.floor(limit / 2)).includes(key)) expect(value, `key ${key} at step ${at}`).not.to.equal(undefined);
        if (value !== undefined || steps[at]?.[0] === true) used = [key, ...used.filter((one) => one !== key)];
      });
    });
  });

  it('holds no more entries than its limit', () => {
    check((limit, steps) => {
      // Asking moves entries: each key is asked for in a map of its own.
      const held = Array.from({ length: KEYS }, (_, key) => after(limit, steps).get(key)).filter((value) => value !== undefined);
      expect(held.length).to.be.at.most(limit);
    });
    const many = new LruMap<number, number>(100);
    for (let n = 0; n < 10_000; n++) many.set(n, n);
    expect([many.get(9_999), many.get(9_000)]).to.deep.equal([9_999, undefined]);
  });
});
