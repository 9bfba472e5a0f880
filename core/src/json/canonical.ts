import { utf16Compare, utf8Compare } from './utf8-order.ts';
import type { JsonObject, JsonValue } from './value.ts';

/** How the keys of an object are ordered: as RFC 8785 has it, or by code points as Matrix has it (MXB-1). A room version says which. */
export type KeyOrder = 'utf16-code-units' | 'code-points';

/** Which numbers there may be: integers within +-(2^53-1) (CJ-5 to CJ-8), or fractions as well (MXB-3). */
export type NumberRule = 'integers' | 'fractions';

/** Only strings that hold one of these need more than quotes around them. */
const NEEDS_CARE = /[\u0000-\u001f"\\\ud800-\udfff]/;

/**
 * The canonical text of a value (CJ-16 to CJ-19): RFC 8785, with integers as the only numbers unless `numbers` says otherwise. No white space.
 *
 * Throws a TypeError on what is not a `JsonValue`, or is nested deeper than `maxDepth` levels; `jsonFault` tells what is wrong.
 */
export function canonicalJson(
  value: JsonValue,
  keyOrder: KeyOrder = 'utf16-code-units',
  numbers: NumberRule = 'integers',
  maxDepth = Infinity,
): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
      if (numbers === 'fractions' && Number.isFinite(value) && !Number.isInteger(value)) return fractionText(value);
      // CJ-19
      throw new TypeError(`${value} is no number that canonical JSON can hold`);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (maxDepth < 1) throw new TypeError('nested too deep');
      return isArray(value) ? arrayText(value, keyOrder, numbers, maxDepth - 1) : objectText(value, keyOrder, numbers, maxDepth - 1);
    default:
      throw new TypeError(`a value of type ${typeof value} is not JSON`);
  }
}

function isArray(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function arrayText(array: readonly JsonValue[], keyOrder: KeyOrder, numbers: NumberRule, maxDepth: number): string {
  let text = '[';
  for (let i = 0; i < array.length; i++) text += (i === 0 ? '' : ',') + canonicalJson(array[i] as JsonValue, keyOrder, numbers, maxDepth);
  return text + ']';
}

function objectText(object: JsonObject, keyOrder: KeyOrder, numbers: NumberRule, maxDepth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('an object that is not plain is not JSON');
  let text = '{';
  for (const key of sortedKeys(object, keyOrder)) {
    text += (text === '{' ? '' : ',') + quoted(key) + ':' + canonicalJson(object[key] as JsonValue, keyOrder, numbers, maxDepth);
  }
  return text + '}';
}

/** An object's keys in canonical order. */
export function sortedKeys(object: JsonObject, keyOrder: KeyOrder): string[] {
  const keys = Object.keys(object);
  const compare = keyOrder === 'code-points' ? utf8Compare : utf16Compare;
  for (let i = 1; i < keys.length; i++) {
    if (compare(keys[i - 1] as string, keys[i] as string) > 0) return keys.sort(compare);
  }
  return keys;
}

/**
 * MXB-3: the shortest digits that read back as the same number, as every language writes them; below 0.0001 with an exponent of at least two digits,
 * as Python does, whose servers made these events.
 */
function fractionText(value: number): string {
  return Math.abs(value) >= 1e-4 ? String(value) : value.toExponential().replace(/e-([0-9])$/, 'e-0$1');
}

/** CJ-18. `JSON.stringify` escapes exactly as RFC 8785 section 3.2.2.2 asks, as long as there is no lone surrogate. */
export function quoted(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('a string with a lone surrogate is not JSON');
  return JSON.stringify(text);
}
