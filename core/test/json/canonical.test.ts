import canonicalize from 'canonicalize';
import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson } from '../../src/json/canonical.ts';
import { readJson } from '../../src/json/read.ts';
import { utf16Compare, utf8Compare } from '../../src/json/utf8-order.ts';
import { utf8Encode, utf8Length } from '../../src/json/utf8.ts';
import type { JsonValue } from '../../src/json/value.ts';
import { holds } from '../vectors/random.ts';
import { anyJson, anyText } from './arbitrary-json.ts';

function reread(text: string): JsonValue {
  const read = readJson(utf8Encode(text));
  if (!read.ok) throw new Error(`${read.rule}: ${read.detail}`);
  return read.value;
}

describe('canonical JSON', () => {
  it('agrees with another implementation of RFC 8785', () => {
    holds(anyJson, (value) => expect(canonicalJson(value)).to.equal(canonicalize(value)), 1_000);
  });

  it('is read back as the same value, and is its own canonical form', () => {
    holds(anyJson, (value) => {
      const text = canonicalJson(value);
      expect(reread(text)).to.deep.equal(value);
      expect(canonicalJson(reread(text))).to.equal(text);
    });
  });

  it('does not depend on the order in which keys were set', () => {
    holds(fc.uniqueArray(anyText), (keys) => {
      const forwards = Object.fromEntries(keys.map((key) => [key, 1]));
      const backwards = Object.fromEntries([...keys].reverse().map((key) => [key, 1]));
      expect(canonicalJson(backwards)).to.equal(canonicalJson(forwards));
    });
  });

  it('is none of what is nested deeper than asked for, or is no plain object', () => {
    expect(canonicalJson({ a: [1] }, undefined, undefined, 2)).to.equal('{"a":[1]}');
    expect(() => canonicalJson({ a: [1] }, undefined, undefined, 1)).to.throw(TypeError);
    expect(() => canonicalJson({ a: new Date(0) } as unknown as JsonValue)).to.throw(TypeError);
  });

  it('orders keys as the room version says (CJ-17)', () => {
    const value = { '\ufb33': 1, '\u{1f602}': 2 };
    expect(canonicalJson(value, 'utf16-code-units')).to.equal('{"\u{1f602}":2,"\ufb33":1}');
    expect(canonicalJson(value, 'code-points')).to.equal('{"\ufb33":1,"\u{1f602}":2}');
  });

  for (const [what, value] of Object.entries({
    'a fraction': 1.5,
    'minus zero': -0,
    'an integer beyond 2^53-1': 2 ** 53,
    NaN: Number.NaN,
    undefined,
    'undefined in an object': { a: undefined },
    'undefined in an array': [undefined],
    'a lone surrogate': '\ud800',
    'a lone surrogate in a key': { '\udc00': 1 },
    'a bigint': 1n,
    'a function': () => 1,
  })) {
    it(`throws on ${what}`, () => expect(() => canonicalJson(value as unknown as JsonValue)).to.throw(TypeError));
  }
});

describe('UTF-8', () => {
  it('encodes as the platform does', () => {
    const platform = new TextEncoder();
    holds(anyText, (text) => {
      expect([...utf8Encode(text)]).to.deep.equal([...platform.encode(text)]);
      expect(utf8Length(text)).to.equal(utf8Encode(text).length);
    });
  });

  it('throws on lone surrogates', () => {
    for (const text of ['\ud800', '\udc00', 'a\ud800b', '\udc00\ud800', '\ud800\ud800\udc00'])
      expect(() => utf8Encode(text)).to.throw(TypeError);
  });

  it('orders by bytes (ID-8)', () => {
    holds(fc.tuple(anyText, anyText), ([a, b]) => {
      expect(Math.sign(utf8Compare(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(Math.sign(utf16Compare(a, b))).to.equal(Math.sign(Buffer.compare(swapped(a), swapped(b))));
    });
  });
});

/** UTF-16, big-endian: its byte order is the order of code units. */
function swapped(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}
