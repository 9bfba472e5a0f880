import { publicKeyOf } from '../crypto/key-id.ts';
import { type Result, fail, ok } from '../fault.ts';
import { isBareServer, isRoomId, isUserId } from '../identifiers.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';

/** Turns an untrusted value into what it should be; undefined if it is something else. */
export type Shape<T> = (value: JsonValue) => T | undefined;

/** Reads fields of untrusted content. Keeps the first fault; what it returns after one is not to be used. */
export class FieldReader {
  readonly #content: JsonObject;
  #fault: string | undefined;

  constructor(content: JsonObject) {
    this.#content = content;
  }

  /** A field that must be there. `what` says what it must be. */
  required<T>(name: string, shape: Shape<T>, what: string): T {
    const value = this.optional(name, shape, what);
    if (value === undefined) this.#fault ??= `${name} must be ${what}`;
    return value as T;
  }

  /** A field that may be absent; null is not absent. */
  optional<T>(name: string, shape: Shape<T>, what: string): T | undefined {
    if (!Object.hasOwn(this.#content, name)) return undefined;
    const value = shape(this.#content[name] as JsonValue);
    if (value === undefined) this.#fault ??= `${name} must be ${what}`;
    return value;
  }

  /** What `build` makes of the fields, unless one was at fault. */
  result<T>(rule: string, build: () => T): Result<T> {
    return this.#fault === undefined ? ok(build()) : fail(rule, this.#fault);
  }
}

export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const asBoolean: Shape<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

/** AUTH-3.1: a reference or a name: 1 to 255 UTF-16 units. Whether it names anything is another rule's question. */
export const asName: Shape<string> = (value) => (typeof value === 'string' && value.length >= 1 && value.length <= 255 ? value : undefined);

/** A longer text is no key ID, and is not worth decoding. */
const MAX_KEY_ID_LENGTH = 64;

export const asKeyId: Shape<string> = (value) =>
  typeof value === 'string' && value.length <= MAX_KEY_ID_LENGTH && publicKeyOf(value) !== undefined ? value : undefined;

/** A person, not a bare server. */
export const asPerson: Shape<string> = (value) => (typeof value === 'string' && isPerson(value) ? value : undefined);

export const asRoomId: Shape<string> = (value) => (typeof value === 'string' && isRoomId(value) ? value : undefined);

export function isPerson(user: string): boolean {
  return isUserId(user) && !isBareServer(user);
}

/** An integer within bounds, both included. */
export function integerWithin(min: number, max: number): Shape<number> {
  return (value) => (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined);
}

export function oneOf<T extends string>(...names: readonly T[]): Shape<T> {
  return (value) => names.find((name) => name === value);
}

/** A list of at most `max` different strings, each of a shape. */
export function distinctList(item: Shape<string>, min: number, max: number): Shape<readonly string[]> {
  return (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return undefined;
    const list: string[] = [];
    for (const one of value as readonly JsonValue[]) {
      const found = item(one);
      if (found === undefined) return undefined;
      list.push(found);
    }
    return new Set(list).size === list.length ? list : undefined;
  };
}
