import type { JsonValue, StateEntry } from '@openguild/core';
import type { AnyHistory } from './read-histories.ts';
import { MalformedHistoryError } from './history-result.ts';

/** What a history expects of one event. */
export type Expected =
  | { readonly auth: 'allow'; readonly replaces?: string | null }
  | {
      readonly auth: 'reject';
      readonly at: 'event' | 'auth_events' | 'state';
      readonly reason: string;
      readonly auth_events?: string | null;
      readonly state?: string | null;
    };

/** A Matrix history: spec/matrix/README.md says what the fields mean. */
export interface MatrixHistory {
  readonly id: string;
  readonly room_version: string;
  readonly room_id: string;
  /** Undefined: nobody knows the keys, and signatures are taken as right. */
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  readonly events: readonly JsonValue[];
  readonly event_ids: readonly string[];
  readonly foreign_events: readonly JsonValue[];
  readonly expect: ReadonlyMap<string, Expected>;
  readonly state_after: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly extremities: readonly string[];
  readonly final_state: ReadonlyMap<string, string>;
}

/**
 * A history with everything that is expected of it, each expectation in the form that the README describes: one that is misspelt or names an event that is not
 * there would else be met by anything. Throws MalformedHistoryError.
 */
export function readMatrixHistory(history: AnyHistory): MatrixHistory {
  const { id } = history;
  const [roomId, version] = [text(history['room_id'], 'room_id'), text(history['room_version'], 'room_version')];
  const events = list(history['events'], 'events') as JsonValue[];
  const ids = texts(history['event_ids'], 'event_ids');
  if (ids.length !== events.length) throw new MalformedHistoryError(`${events.length} events have ${ids.length} event_ids`);
  const known = new Set(ids);
  if (known.size !== ids.length) throw new MalformedHistoryError('event_ids names an event twice');
  const named = (eventId: string, where: string): string => {
    if (!known.has(eventId)) throw new MalformedHistoryError(`${where} names ${eventId}, which is none of the events`);
    return eventId;
  };
  const expected = entries(history['expect'], 'expect').map(([one, value]) => [named(one, 'expect'), expectation(value, one)] as const);
  const states = entries(history['state_after'], 'state_after').map(
    ([one, value]) => [named(one, 'state_after'), rows(value, `state_after ${one}`)] as const,
  );
  return {
    id,
    room_version: version,
    room_id: roomId,
    keys: history['keys'] === undefined ? undefined : keysByServer(history['keys']),
    events,
    event_ids: ids,
    foreign_events: history['foreign_events'] === undefined ? [] : (list(history['foreign_events'], 'foreign_events') as JsonValue[]),
    expect: new Map(expected),
    state_after: new Map(states),
    extremities: texts(history['extremities'], 'extremities'),
    final_state: rows(history['final_state'], 'final_state'),
  };
}

function expectation(value: unknown, eventId: string): Expected {
  const expected = Object.fromEntries(entries(value, `expect ${eventId}`));
  const { auth, at, reason, replaces } = expected;
  const fault = (what: string): MalformedHistoryError => new MalformedHistoryError(`expect ${eventId}: ${what}`);
  if (auth === 'allow') {
    if ('replaces' in expected && replaces !== null && typeof replaces !== 'string') throw fault('replaces is no event ID');
    return 'replaces' in expected ? { auth, replaces: replaces as string | null } : { auth };
  }
  if (auth !== 'reject') throw fault(`auth is ${JSON.stringify(auth)}`);
  if (at !== 'event' && at !== 'auth_events' && at !== 'state') throw fault(`at is ${JSON.stringify(at)}`);
  if (at === 'event') return { auth, at, reason: String(reason) };
  const judgement = (name: string): string | null => {
    const rule = expected[name];
    if (rule !== null && typeof rule !== 'string') throw fault(`${name} is ${JSON.stringify(rule)}`);
    return rule;
  };
  return { auth, at, reason: String(reason), auth_events: judgement('auth_events'), state: judgement('state') };
}

/** Rows of a state by entry, each entry once. */
function rows(value: unknown, where: string): Map<string, string> {
  const state = new Map<string, string>();
  for (const row of list(value, where)) {
    const cells = texts(row, where);
    if (cells.length !== 3) throw new MalformedHistoryError(`${where} has a row of ${cells.length}`);
    const entry = entryName(cells as unknown as StateEntry);
    if (state.has(entry)) throw new MalformedHistoryError(`${where} has ${entry} twice`);
    state.set(entry, cells[2] as string);
  }
  return state;
}

/** How an entry of a state is written in differences. */
export function entryName([type, stateKey]: readonly [type: string, stateKey: string, ...more: unknown[]]): string {
  return `${type}|${stateKey}`;
}

function keysByServer(value: unknown): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(entries(value, 'keys').map(([server, keys]) => [server, keysOf(keys, server)]));
}

function keysOf(value: unknown, server: string): Record<string, string> {
  return Object.fromEntries(entries(value, `keys ${server}`).map(([keyId, key]) => [keyId, text(key, `keys ${server}`)]));
}

function entries(value: unknown, where: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedHistoryError(`${where} is no object`);
  return Object.entries(value);
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedHistoryError(`${where} is no list`);
  return value;
}

function texts(value: unknown, where: string): readonly string[] {
  return list(value, where).map((one) => text(one, where));
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new MalformedHistoryError(`${where} is ${JSON.stringify(value) ?? 'not there'}, no string`);
  return value;
}
