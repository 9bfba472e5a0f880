import type { JsonObject, JsonValue } from '@openguild/core';
import type fc from 'fast-check';
import type { SuiteName } from './protocol.ts';

/** Asks the adapter; the answer's `ok`. */
export type Ask = (request: JsonObject) => Promise<JsonValue>;

/** The answer is not the one that the rules of PROTOCOL.md give. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(message);
    this.rule = rule;
  }
}

/** A property of engines. */
export interface Suite<T = never> {
  readonly name: SuiteName;
  /** What of the number of cases this one runs: worlds cost more than texts. */
  readonly share: number;
  readonly cases: fc.Arbitrary<T>;
  /** Rejects with a Violation. */
  readonly check: (one: T, ask: Ask) => Promise<void>;
  /** A case for people: what to look at, line by line. */
  readonly show: (one: T) => string[];
}

/** Whether two answers are the same, as canonical JSON would have it; else where they part. */
export function firstDifference(expected: JsonValue, got: JsonValue, path = ''): string | null {
  if (expected === got) return null;
  if (isContainer(expected) && isContainer(got) && Array.isArray(expected) === Array.isArray(got)) {
    const [a, b] = [Object.entries(expected), Object.entries(got)];
    for (const [name, value] of a) {
      const own = Object.hasOwn(got, name) ? (got as JsonObject)[name] : undefined;
      const wrong = own === undefined ? `${path}.${name} is not there` : firstDifference(value as JsonValue, own, `${path}.${name}`);
      if (wrong !== null) return wrong;
    }
    const more = b.find(([name]) => !Object.hasOwn(expected, name));
    return more === undefined ? null : `${path}.${more[0]} should not be there`;
  }
  return `${path === '' ? 'it' : path} is ${shortJson(got)}, and should be ${shortJson(expected)}`;
}

function isContainer(value: JsonValue): value is JsonObject | readonly JsonValue[] {
  return typeof value === 'object' && value !== null;
}

export function shortJson(value: JsonValue | undefined, most = 300): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
