import { type JsonObject, roomVersion, verifyPortable } from '@openguild/core';
import { byCodePoints, domainOf, entryOf, type MatrixEvent } from '../src/matrix/model/event.ts';
import { verifySigned } from '../src/matrix/model/from-event.ts';
import { Resolution } from '../src/matrix/model/resolution.ts';
import type { RuleContext } from '../src/matrix/model/rule-context.ts';
import { judgeByCited, judgeByState } from '../src/matrix/model/rules.ts';

interface PlainEvent {
  readonly event_id: string;
  readonly room_id?: string;
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly content: JsonObject;
  readonly prev_events: readonly string[];
  readonly auth_events: readonly string[];
  readonly origin_server_ts?: number;
}

interface PlainRoom {
  readonly version: string;
  readonly events: readonly PlainEvent[];
}

interface AuthCase {
  readonly why: string;
  readonly room: string;
  readonly event: PlainEvent;
  readonly signed_by?: readonly string[];
  readonly rejected?: readonly string[];
  readonly state?: readonly string[];
  readonly expect: { readonly auth_events: string | null; readonly state: string | null };
}

interface ResolutionCase {
  readonly why: string;
  readonly room: string;
  readonly states: readonly (readonly string[])[];
  readonly expect: readonly string[];
}

interface Cases<T> {
  readonly rooms: Readonly<Record<string, PlainRoom>>;
  readonly cases: readonly T[];
}

/** spec/vectors/matrix/auth-rules.json */
export type AuthCases = Cases<AuthCase>;
/** spec/vectors/matrix/resolution.json */
export type ResolutionCases = Cases<ResolutionCase>;

/** What the model says otherwise. */
export function ruleCase(one: AuthCase, room: PlainRoom | undefined): string | null {
  const { event, events, context } = worldOf(room, one.room);
  const signers = one.signed_by ?? [domainOf(one.event.sender)];
  const judged = eventOf(one.event, (server) => signers.includes(server));
  const cited = judged.auth.map((id) => ({ event: event(id), rejected: one.rejected?.includes(id) === true }));
  const state = new Map((one.state ?? [...events.keys()]).map((id) => [entryOf(event(id).type, event(id).stateKey as string), event(id)]));
  const said = {
    auth_events: judgeByCited(judged, cited, context),
    state: judgeByState(judged, (type, key) => state.get(entryOf(type, key)), context),
  };
  return said.auth_events === one.expect.auth_events && said.state === one.expect.state
    ? null
    : `${one.why}: ${JSON.stringify(said)}, expected ${JSON.stringify(one.expect)}`;
}

/** The same of a resolution. */
export function resolutionCase(one: ResolutionCase, room: PlainRoom | undefined): string | null {
  const { event, context } = worldOf(room, one.room);
  const states = one.states.map((ids) => new Map(ids.map((id) => [entryOf(event(id).type, event(id).stateKey as string), id])));
  const resolved = [...new Resolution(event, context).resolve(states).values()].sort(byCodePoints).join(' ');
  const expected = [...one.expect].sort(byCodePoints).join(' ');
  return resolved === expected ? null : `${one.why}: ${resolved}, expected ${expected}`;
}

function worldOf(room: PlainRoom | undefined, name: string) {
  if (room === undefined) throw new Error(`there is no room ${name}`);
  const events = new Map(room.events.map((event) => [event.event_id, eventOf(event, () => true)]));
  const event = (id: string): MatrixEvent => {
    const found = events.get(id);
    if (found === undefined) throw new Error(`${id} is not in the room`);
    return found;
  };
  const context: RuleContext = {
    version: Number(room.version),
    knowsVersion: (version) => roomVersion(version) !== undefined,
    verify: verifySigned(verifyPortable),
    createOf: (id) => events.get(`$${id.slice(1)}`),
  };
  return { events, event, context };
}

/** A create event of version 12 names no room: its room follows from it. */
function eventOf(plain: PlainEvent, isSignedBy: MatrixEvent['isSignedBy']): MatrixEvent {
  return {
    id: plain.event_id,
    room: plain.room_id ?? `!${plain.event_id.slice(1)}`,
    namesRoom: plain.room_id !== undefined,
    type: plain.type,
    sender: plain.sender,
    stateKey: plain.state_key,
    content: plain.content,
    prev: plain.prev_events,
    auth: plain.auth_events,
    ts: plain.origin_server_ts ?? 0,
    isSignedBy,
  };
}
