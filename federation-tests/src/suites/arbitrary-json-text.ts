import type { JsonValue } from '@openguild/core';
import fc from 'fast-check';

/** Well-formed text of all planes, with what is awkward in it more often than chance would have it. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom(
      '\u0000',
      '\b',
      '\t',
      '\n',
      '\f',
      '\r',
      '\u001f',
      '"',
      '\\',
      '/',
      '\u007f',
      '\u0080',
      '\u2028',
      '\ud7ff',
      '\ue000',
      '\ufb33',
      '\ufffd',
      '\u{10000}',
      '\u{1f602}',
      '\u{10ffff}',
      'é',
      'a',
    ),
    maxLength: 4,
  }),
  fc.constantFrom('__proto__', 'constructor', '', '0', '10', '9', 'e\u0301', '\u00e9'),
);

export const anyInteger: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map((n) => n + 0),
  fc.maxSafeInteger().map((n) => n + 0),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);

/** Names on which the orders by UTF-16 code units, code points and length differ are as likely as all others together. */
const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '\u{1f602}',
    '\ufb33',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{1f602}a',
    'a',
    'aa',
    'B',
    '\u00e9',
    '\u20ac',
    '\r',
    '1',
    '\u0080',
  ),
  anyText,
);

/** Any value that the strict reader can read, as pairs where it is an object: the order of writing is part of the case. */
export type Tree =
  | null
  | boolean
  | number
  | string
  | { readonly list: readonly Tree[] }
  | { readonly pairs: readonly (readonly [string, Tree])[] };

export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; pairs: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    anyInteger,
    anyText,
    fc.array(tie('tree'), { maxLength: 4 }).map((list) => ({ list })),
    tie('pairs'),
  ),
  pairs: fc.uniqueArray(fc.tuple(anyName, tie('tree')), { selector: ([key]) => key, maxLength: 5 }).map((pairs) => ({ pairs })),
})).tree;

/** Objects whose members and values are of these trees, for content. */
export function valueOf(tree: Tree): JsonValue {
  if (typeof tree !== 'object' || tree === null) return tree;
  if ('list' in tree) return tree.list.map(valueOf);
  return Object.fromEntries(tree.pairs.map(([key, value]) => [key, valueOf(value)]));
}

/** JSON text of a tree: `style` 0 is plain; other numbers put white space in and write characters and numbers in other permitted ways. */
export function writeTree(tree: Tree, style: number): string {
  let state = style;
  /** A number below n; always 0 in the plain style. */
  const pick = (n: number): number => {
    if (style === 0) return 0;
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 12) % n;
  };
  const space = (): string => ['', '', '', ' ', '\n', '\t', '\r\n  '][pick(7)] as string;
  const string = (text: string): string => `"${[...text].map((character) => spelt(character, pick(4))).join('')}"`;
  const write = (one: Tree): string => {
    if (typeof one === 'string') return string(one);
    if (typeof one !== 'object' || one === null) return String(one);
    const around = (items: string[], open: string, close: string): string =>
      `${open}${space()}${items.map((item) => `${item}${space()}`).join(`,${space()}`)}${close}`;
    if ('list' in one) return around(one.list.map(write), '[', ']');
    return around(
      one.pairs.map(([key, value]) => `${string(key)}${space()}:${space()}${write(value)}`),
      '{',
      '}',
    );
  };
  return `${space()}${write(tree)}${space()}`;
}

const SHORT: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

function spelt(character: string, way: number): string {
  const escaped = (upper: boolean): string =>
    Array.from({ length: character.length }, (_, i) => {
      const digits = character.charCodeAt(i).toString(16).padStart(4, '0');
      return `\\u${upper ? digits.toUpperCase() : digits}`;
    }).join('');
  if (way === 1) return escaped(false);
  if (way === 2) return escaped(true);
  const short = SHORT[character];
  if (short !== undefined) return short;
  if (character < ' ') return escaped(false);
  return way === 3 && character === '/' ? '\\/' : character;
}
