import { expect } from 'chai';
import { jsonFault } from '../../src/json/json-fault.ts';
import { holds } from '../vectors/random.ts';
import { anyJson } from './arbitrary-json.ts';

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

describe('jsonFault', () => {
  it('finds nothing in what the reader could have read', () => {
    holds(anyJson, (value) => expect(jsonFault(value)).to.equal(null));
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const cases: [string, unknown, string][] = [
    ['a fraction', { a: [1.5] }, 'CJ-5'],
    ['minus zero', [-0], 'CJ-7'],
    ['an integer beyond 2^53-1', 2 ** 53, 'CJ-8'],
    ['a lone surrogate', ['\ud800'], 'CJ-10'],
    ['a lone surrogate in a key', { '\ud800': 1 }, 'CJ-10'],
    ['65 levels', nested(65), 'CJ-13'],
    ['a million levels', nested(1_000_000), 'CJ-13'],
    ['a cycle', cyclic, 'CJ-13'],
    ['undefined', { a: undefined }, 'CJ-15'],
    ['a hole in an array', Object.assign([1], { length: 2 }), 'CJ-15'],
    ['NaN', Number.NaN, 'CJ-15'],
    ['infinity', Number.POSITIVE_INFINITY, 'CJ-15'],
    ['a bigint', 1n, 'CJ-15'],
    ['a symbol', Symbol('x'), 'CJ-15'],
    ['a function', { toJSON: () => 1 }, 'CJ-15'],
    ['a date', new Date(0), 'CJ-15'],
    ['bytes', new Uint8Array(1), 'CJ-15'],
    ['a map', new Map(), 'CJ-15'],
  ];
  for (const [what, value, rule] of cases) {
    it(`${rule}: ${what}`, () => expect(jsonFault(value)?.rule).to.equal(rule));
  }

  it('allows 64 levels and objects without a prototype', () => {
    expect(jsonFault(nested(64))).to.equal(null);
    expect(jsonFault(Object.assign(Object.create(null), { a: 1 }))).to.equal(null);
  });
});
