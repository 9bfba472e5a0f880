import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson } from '../../src/json/canonical.ts';
import { readJson } from '../../src/json/read.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import { holds } from '../vectors/random.ts';
import { readVectors, type Vector } from '../vectors/read-vectors.ts';
import { anyJson, anyText } from './arbitrary-json.ts';

interface JsonVector extends Vector {
  readonly input?: string;
  readonly input_hex?: string;
  readonly input_repeat?: { readonly before: string; readonly text: string; readonly times: number; readonly after: string };
  /** The canonical text, or null where the text is refused by `rule`. */
  readonly expect: string | null;
}

function bytesOf(vector: JsonVector): Uint8Array {
  if (vector.input_hex !== undefined) return new Uint8Array(Buffer.from(vector.input_hex, 'hex'));
  const { before, text, times, after } = vector.input_repeat ?? { before: vector.input ?? '', text: '', times: 0, after: '' };
  return utf8Encode(before + text.repeat(times) + after);
}

function ruleOf(text: string | Uint8Array, limits?: { maxBytes?: number; maxDepth?: number }): string {
  const read = readJson(typeof text === 'string' ? utf8Encode(text) : text, limits);
  return read.ok ? 'read' : read.rule;
}

describe('strict JSON reader', () => {
  for (const vector of readVectors<JsonVector>('canonical-json')) {
    it(`${vector.rule}: ${vector.why}`, () => {
      const read = readJson(bytesOf(vector));
      if (vector.expect === null) {
        expect(read.ok ? canonicalJson(read.value) : read.rule).to.equal(vector.rule);
      } else {
        expect(read.ok ? canonicalJson(read.value) : read.detail).to.equal(vector.expect);
      }
    });
  }

  it('reads what JSON.parse reads, keys in the same order', () => {
    holds(anyJson, (value) => {
      const text = JSON.stringify(value);
      const read = readJson(utf8Encode(text));
      expect(read.ok && JSON.stringify(read.value)).to.equal(text);
      expect(read).to.deep.equal({ ok: true, value: JSON.parse(text) });
    });
  });

  it('reads with any white space and any escapes', () => {
    const escaped = (text: string): string =>
      `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
    holds(fc.array(anyText), (texts) => {
      const read = readJson(utf8Encode(` [\t${texts.map(escaped).join(' ,\r\n')} ]\n`));
      expect(read).to.deep.equal({ ok: true, value: texts });
    });
  });

  it('never accepts what JSON.parse refuses, and names a rule for all it refuses', () => {
    const alphabet = [...'{}[],:"\\u0019aefnrtls.-+ E/*', '\n', '\u00e9', '\u{1f602}', 'null', 'true', '"a":', '\\ud83d'];
    holds(
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 14 }),
      (text) => {
        const read = readJson(utf8Encode(text));
        if (read.ok) expect(JSON.stringify(read.value)).to.equal(JSON.stringify(JSON.parse(text)));
        else expect(read.rule).to.match(/^CJ-([1-9]|1[0-4])$/);
      },
      5_000,
    );
  });

  it('never throws on random bytes, and what it reads as text is UTF-8 as the platform has it', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const plausible = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0x8f, 0x90, 0xbf),
    );
    holds(
      fc.array(plausible, { maxLength: 8 }),
      (inside) => {
        const content = inside.filter((byte) => byte !== 0x22 && byte !== 0x5c && byte >= 0x20);
        const bytes = Uint8Array.from([0x22, ...content, 0x22]);
        let expected: string | undefined;
        try {
          expected = decoder.decode(Uint8Array.from(content));
        } catch {
          expected = undefined;
        }
        const read = readJson(bytes);
        expect(read.ok ? read.value : undefined).to.equal(expected);
        if (!read.ok) expect(read.rule).to.equal('CJ-1');
      },
      5_000,
    );
  });

  it('keeps to the limits it is given', () => {
    expect(ruleOf('[[1]]', { maxDepth: 2 })).to.equal('read');
    expect(ruleOf('[[1]]', { maxDepth: 1 })).to.equal('CJ-13');
    expect(ruleOf('[1]', { maxDepth: 0 })).to.equal('CJ-13');
    expect(ruleOf('1', { maxDepth: 0 })).to.equal('read');
    expect(ruleOf('12345', { maxBytes: 5 })).to.equal('read');
    expect(ruleOf('123456', { maxBytes: 5 })).to.equal('CJ-14');
    expect(() => readJson(utf8Encode('1'), { maxDepth: 1_001 })).to.throw(RangeError);
    expect(ruleOf('['.repeat(1_000) + ']'.repeat(1_000), { maxDepth: 1_000 })).to.equal('read');
  });

  it('does not touch prototypes', () => {
    const read = readJson(utf8Encode('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    if (!read.ok) throw new Error(read.detail);
    expect(Object.keys(read.value as object)).to.deep.equal(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(read.value)).to.equal(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('takes time in proportion to the text', () => {
    // Ten times the text may take fifty times as long before this fails: anything quadratic takes a hundred times.
    const shapes: ((n: number) => string)[] = [
      (n) => `[${'1,'.repeat(n)}1]`,
      (n) => `{${Array.from({ length: n / 4 }, (_, i) => `"k${i}":0`).join(',')}}`,
      (n) => `"${'\u00e9'.repeat(n)}"`,
      (n) => `"${'\\n'.repeat(n)}"`,
      (n) => '9'.repeat(n),
      (n) => ' '.repeat(n),
    ];
    for (const shape of shapes) {
      const time = (n: number): number => {
        const bytes = utf8Encode(shape(n));
        const started = performance.now();
        readJson(bytes);
        return performance.now() - started;
      };
      time(10_000);
      const small = Math.max(0.5, Math.min(...[1, 2, 3].map(() => time(20_000))));
      expect(Math.min(...[1, 2, 3].map(() => time(200_000))) / small).to.be.below(50);
    }
  });
});
