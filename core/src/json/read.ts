import { fail, ok, type Result } from '../fault.ts';
import type { CanonicalText } from './canonical-text.ts';
import type { NumberRule } from './canonical.ts';
import { JsonReader } from './json-reader.ts';
import { Refusal } from './refusal.ts';
import type { JsonValue } from './value.ts';

/** Arrays and objects within each other; the outermost counts as one (CJ-13). */
export const MAX_JSON_DEPTH = 64;
/** Size of a text in bytes, unless the caller says otherwise (CJ-14). */
export const DEFAULT_MAX_JSON_BYTES = 1_048_576;
/** The reader calls itself once per level; above this the stack of some platforms would decide. */
const HARD_MAX_JSON_DEPTH = 1_000;

/** What `readJson` puts up with; every limit has a default. */
export interface JsonLimits {
  /** Bytes. */
  readonly maxBytes?: number;
  /** Levels, at most 1,000. */
  readonly maxDepth?: number;
  /** By default `integers`. With `fractions` (MXB-3) CJ-5 and CJ-7 do not hold: `1e3` is read as 1000, `-0` as 0, `0.5` as it stands. */
  readonly numbers?: NumberRule;
}

/**
 * Reads one JSON text (RFC 8259) from its bytes, strictly: what it returns has exactly one canonical form, and what it refuses it
 * names by rule (CJ-1 to CJ-14) instead of repairing it. Time is linear in the number of bytes.
 *
 * Objects are ordinary: look keys up with `Object.hasOwn`, since `constructor` and `__proto__` are keys like any other.
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits = {}): Result<JsonValue> {
  const read = readText(bytes, limits);
  return read.ok ? ok(read.value.value) : read;
}

/** A value, and its text if that is its canonical form and an object's. */
export interface ReadText {
  readonly value: JsonValue;
  readonly canonical: CanonicalText | null;
}

/** `readJson`, for who can use the text as well. */
export function readText(bytes: Uint8Array, limits: JsonLimits): Result<ReadText> {
  const { maxBytes = DEFAULT_MAX_JSON_BYTES, maxDepth = MAX_JSON_DEPTH, numbers = 'integers' } = limits;
  if (maxDepth > HARD_MAX_JSON_DEPTH) throw new RangeError(`maxDepth is at most ${HARD_MAX_JSON_DEPTH}`);
  if (bytes.length > maxBytes) return fail('CJ-14', `${bytes.length} bytes, at most ${maxBytes}`);
  try {
    const reader = new JsonReader(bytes, maxDepth, numbers);
    const value = reader.document();
    return ok({ value, canonical: reader.canonicalText() });
  } catch (error) {
    if (error instanceof Refusal) return fail(error.rule, error.message);
    throw error;
  }
}
