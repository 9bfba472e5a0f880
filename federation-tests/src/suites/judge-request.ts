import { type JsonObject, type JsonValue, NATIVE_VERSION, type RoomEvent, utf8Compare } from '@openguild/core';
import { isObject } from './protocol.ts';
import { type Ask, shortJson, Violation } from './suite.ts';

/** What an adapter says of a set of events. */
export interface Judgement {
  /** Event ID to `accepted` or `rejected`. */
  readonly verdicts: ReadonlyMap<string, string>;
  /** For each list of heads, `type state_key` to event ID. */
  readonly states: readonly ReadonlyMap<string, string>[];
}

/** Gives the events in this order and asks for the states at these heads. */
export async function judged(events: readonly RoomEvent[], heads: readonly (readonly string[])[], ask: Ask): Promise<Judgement> {
  const request: JsonObject = { op: 'judge', room_version: NATIVE_VERSION, events: events.map((event) => event.pdu), heads };
  const answer = await ask(request);
  if (!isObject(answer)) throw new Violation('ENG-8', `the answer is no object: ${shortJson(answer)}`);
  const { verdicts, states } = answer;
  if (!Array.isArray(verdicts) || verdicts.length !== events.length || !verdicts.every((one) => one === 'accepted' || one === 'rejected'))
    throw new Violation('ENG-8', `"verdicts" must be ${events.length} times "accepted" or "rejected": ${shortJson(verdicts)}`);
  if (!Array.isArray(states) || states.length !== heads.length)
    throw new Violation('RES-7', `"states" must be ${heads.length} states: ${shortJson(states)}`);
  return {
    verdicts: new Map(events.map((event, i) => [event.event_id, verdicts[i] as string])),
    states: (states as readonly JsonValue[]).map(stateOf),
  };
}

function stateOf(value: JsonValue): ReadonlyMap<string, string> {
  const rows = Array.isArray(value) ? (value as readonly JsonValue[]) : null;
  const state = new Map<string, string>();
  for (const row of rows ?? [null]) {
    const cells = Array.isArray(row) ? (row as readonly JsonValue[]) : [];
    if (cells.length !== 3 || !cells.every((cell) => typeof cell === 'string'))
      throw new Violation('RES-7', `a state is a list of [type, state_key, event_id]: ${shortJson(value)}`);
    const [type, key, id] = cells as [string, string, string];
    if (state.has(`${type} ${key}`)) throw new Violation('RES-7', `a state has the entry ${type} ${key} twice`);
    state.set(`${type} ${key}`, id);
  }
  return state;
}

/** The first entry in which two states differ. */
export function stateDifference(expected: ReadonlyMap<string, string>, got: ReadonlyMap<string, string>): string | null {
  const names = [...new Set([...expected.keys(), ...got.keys()])].sort(utf8Compare);
  const wrong = names.find((name) => expected.get(name) !== got.get(name));
  return wrong === undefined ? null : `${wrong} is ${got.get(wrong) ?? 'not there'}, and should be ${expected.get(wrong) ?? 'not there'}`;
}
