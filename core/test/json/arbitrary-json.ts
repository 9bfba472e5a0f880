import fc from 'fast-check';
import type { JsonValue } from '../../src/json/value.ts';

/** Well-formed text of all planes, with what is awkward in it more often than chance would have it. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(
      '\u0000',
      '\u001f',
      '"',
      '\\',
      '/',
      '\u007f',
      '\u2028',
      '\ud7ff',
      '\ue000',
      '\ufffd',
      '\u{10000}',
      '\u{10ffff}',
      'a',
    ),
    maxLength: 8,
  }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '0', '10', '9', 'a', 'b'),
);

export const anyInteger: fc.Arbitrary<number> = fc.oneof(
  fc.maxSafeInteger().map((n) => n + 0),
  fc.integer({ min: -20, max: 20 }).map((n) => n + 0),
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);

/** Any JSON value that the strict reader can read. */
export const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue; object: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    anyInteger,
    anyText,
    fc.array(tie('value'), { maxLength: 6 }),
    tie('object'),
  ),
  object: fc
    .uniqueArray(fc.tuple(anyText, tie('value')), { selector: ([key]) => key, maxLength: 6 })
    .map((entries) => Object.fromEntries(entries)),
})).value;
