import type { JsonObject, JsonValue } from '@openguild/core';

/**
 * An event as the rules of Matrix rooms see it (PROTOCOL.md, "Rules of Matrix room versions"). Bytes, hashes and who signed are not this model's subject:
 * whoever gives it events has read them.
 */
export interface MatrixEvent {
  readonly id: string;
  readonly room: string;
  /** Does the event itself say which room it is of? (MX-1.2) */
  readonly namesRoom: boolean;
  readonly type: string;
  readonly sender: string;
  /** Undefined: no state event. */
  readonly stateKey: string | undefined;
  readonly content: JsonObject;
  readonly prev: readonly string[];
  /** As the event lists them, repetitions included. */
  readonly auth: readonly string[];
  readonly ts: number;
  /** Servers whose right signature it has (MX-5.2). */
  readonly isSignedBy: (server: string) => boolean;
}

/** Who may do what is read from these entries of a state. */
export type Lookup = (type: string, stateKey: string) => MatrixEvent | undefined;

/** Entry -> event ID. */
export type MatrixState = ReadonlyMap<string, string>;

export function entryOf(type: string, stateKey: string): string {
  return JSON.stringify([type, stateKey]);
}

/** A state as rows `type state_key event`, as the engine's states are written. */
export function rowsOf(state: MatrixState): string[] {
  return [...state].map(([entry, id]) => [...(JSON.parse(entry) as string[]), id].join(' '));
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function own(object: JsonObject | undefined, name: string): JsonValue | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

export function membershipOf(lookup: Lookup, user: string): string | undefined {
  const membership = own(lookup('m.room.member', user)?.content, 'membership');
  return typeof membership === 'string' ? membership : undefined;
}

export function domainOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** Appendix "Server Name". */
const SERVER_NAME = /^(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(:[0-9]{1,5})?$/;

/** Appendix "User Identifiers", historical ones included (MXB-6). */
export function isUser(value: JsonValue | undefined): value is string {
  if (typeof value !== 'string' || !value.startsWith('@') || Buffer.byteLength(value) > 255) return false;
  const colon = value.indexOf(':');
  return colon > 0 && !value.slice(0, colon).includes('\0') && SERVER_NAME.test(value.slice(colon + 1));
}

/** By code points, which is the order of UTF-8. */
export function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
