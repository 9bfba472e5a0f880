import type { Fault } from '../fault.ts';
import type { NumberRule } from './canonical.ts';
import { MAX_JSON_DEPTH } from './read.ts';

/**
 * What keeps a value in memory from being what the strict reader could have read, or null: then it is a `JsonValue`.
 *
 * For values that were made by a program rather than read (drafts, `JSON.parse`). `maxDepth` is in levels; cycles break it too.
 */
export function jsonFault(value: unknown, maxDepth: number = MAX_JSON_DEPTH, numbers: NumberRule = 'integers'): Fault | null {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? null : { rule: 'CJ-10', detail: 'a lone surrogate' };
    case 'number':
      return numberFault(value, numbers);
    case 'boolean':
      return null;
    case 'object':
      if (value === null) return null;
      if (maxDepth < 1) return { rule: 'CJ-13', detail: 'nested too deep' };
      return Array.isArray(value) ? arrayFault(value, maxDepth, numbers) : objectFault(value, maxDepth, numbers);
    default:
      return { rule: 'CJ-15', detail: `a value of type ${typeof value}` };
  }
}

function numberFault(value: number, numbers: NumberRule): Fault | null {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? { rule: 'CJ-7', detail: 'minus zero' } : null;
  if (!Number.isFinite(value)) return { rule: 'CJ-15', detail: 'a number that JSON does not have' };
  if (Number.isInteger(value)) return { rule: 'CJ-8', detail: 'an integer beyond 2^53-1' };
  return numbers === 'fractions' ? null : { rule: 'CJ-5', detail: 'a number with a fraction' };
}

function arrayFault(array: readonly unknown[], maxDepth: number, numbers: NumberRule): Fault | null {
  // By index, not by iteration over what is there: a hole is an `undefined`.
  for (let i = 0; i < array.length; i++) {
    const fault = jsonFault(array[i], maxDepth - 1, numbers);
    if (fault !== null) return fault;
  }
  return null;
}

function objectFault(object: object, maxDepth: number, numbers: NumberRule): Fault | null {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return { rule: 'CJ-15', detail: 'an object that is not plain' };
  for (const key of Object.keys(object)) {
    const fault = jsonFault(key, maxDepth) ?? jsonFault((object as Record<string, unknown>)[key], maxDepth - 1, numbers);
    if (fault !== null) return fault;
  }
  return null;
}
