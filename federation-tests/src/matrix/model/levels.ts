import type { JsonObject, JsonValue } from '@openguild/core';
import { isObject, type Lookup, type MatrixEvent, own } from './event.ts';

/** MX-13.5 */
export const LEVEL_FIELDS: Readonly<Record<string, number>> = {
  users_default: 0,
  events_default: 0,
  state_default: 50,
  ban: 50,
  redact: 50,
  kick: 50,
  invite: 0,
};

/** MX-10.1: the level that a value means in this version; undefined: none. */
export function levelOf(value: JsonValue | undefined, version: number): number | undefined {
  let level = value;
  if (typeof value === 'string' && version < 10 && /^\s*[+-]?[0-9]+\s*$/.test(value)) level = Number(value);
  if (typeof value === 'number' && version < 6) level = Math.trunc(value);
  return typeof level === 'number' && Number.isSafeInteger(level) ? level : undefined;
}

/** MX-13.3: who made the room. */
export function creatorOf(create: MatrixEvent | undefined, version: number): JsonValue | undefined {
  return version < 11 ? own(create?.content, 'creator') : create?.sender;
}

/** MX-13.2 */
export function isAboveAll(user: string, create: MatrixEvent | undefined, version: number): boolean {
  if (version < 12 || create === undefined) return false;
  const more = own(create.content, 'additional_creators');
  return user === create.sender || (Array.isArray(more) && more.includes(user));
}

/** What a state says about levels. */
export class Levels {
  readonly #version: number;
  readonly #create: MatrixEvent | undefined;
  readonly #content: JsonObject | undefined;

  constructor(lookup: Lookup, create: MatrixEvent | undefined, version: number) {
    this.#version = version;
    this.#create = create;
    this.#content = lookup('m.room.power_levels', '')?.content;
  }

  /** MX-13.1, MX-13.2 */
  ofUser(user: string): number {
    if (isAboveAll(user, this.#create, this.#version)) return Infinity;
    if (this.#content === undefined) return creatorOf(this.#create, this.#version) === user ? 100 : 0;
    return this.#entry('users', user) ?? this.field('users_default');
  }

  /** MX-13.5 */
  field(name: string): number {
    return levelOf(own(this.#content, name), this.#version) ?? (LEVEL_FIELDS[name] as number);
  }

  /** MX-13.4 */
  needed({ type, stateKey }: MatrixEvent): number {
    return this.#entry('events', type) ?? this.field(stateKey === undefined ? 'events_default' : 'state_default');
  }

  #entry(table: string, name: string): number | undefined {
    const entries = own(this.#content, table);
    return isObject(entries) ? levelOf(own(entries, name), this.#version) : undefined;
  }
}
