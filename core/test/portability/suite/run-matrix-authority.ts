import {
  authorizeByAuthEvents,
  authorizeMatrix,
  type MatrixAuthContext,
  resolveMatrix,
  type RoomEvent,
  type RoomVersion,
  roomVersion,
  serverOf,
  type StateEntry,
  StateMap,
  utf8Compare,
  verifyPortable,
} from '@openguild/core';
import { differs, type Finding, find } from './finding.ts';

type PlainEvent = Pick<RoomEvent, 'event_id' | 'type' | 'sender' | 'content' | 'prev_events' | 'auth_events'> & {
  readonly room_id?: string;
  readonly state_key?: string;
  readonly origin_server_ts?: number;
};

interface MatrixAuthRules {
  readonly rooms: Readonly<Record<string, { readonly version: string; readonly events: readonly PlainEvent[] }>>;
  readonly cases: readonly {
    readonly why: string;
    readonly rule: string;
    readonly room: string;
    readonly event: PlainEvent;
    readonly signed_by?: readonly string[];
    readonly rejected?: readonly string[];
    readonly state?: readonly string[];
    readonly expect: { readonly auth_events: string | null; readonly state: string | null };
  }[];
}

/** matrix/auth-rules.json: the first rule that an event breaks, by what it cites and by a state. */
export function runMatrixAuthRules({ rooms, cases }: MatrixAuthRules): Finding[] {
  return cases.map((one) =>
    find('matrix/auth-rules', one, () => {
      const room = rooms[one.room];
      const flags = roomVersion(room?.version ?? '')?.authority;
      if (room === undefined || flags === undefined || flags === 'native') return `no Matrix room ${one.room}`;
      const events = new Map(room.events.map((event) => [event.event_id, eventOf(event)]));
      const event = eventOf(one.event);
      const known = (id: string): RoomEvent => {
        const found = events.get(id);
        if (found === undefined) throw new Error(`${id} is not in the room`);
        return found;
      };
      const context: MatrixAuthContext = {
        create: events.get('$create'),
        isAccepted: false,
        isKnownVersion: (version) => roomVersion(version) !== undefined,
        isSignedBy: (_event, server) => (one.signed_by ?? [serverOf(event.sender)]).includes(server),
        isValid: (check) => verifyPortable(check),
      };
      const cited = event.auth_events.map((id) => ({ event: known(id), rejected: (one.rejected ?? []).includes(id) }));
      const state = new Map((one.state ?? [...events.keys()]).map((id) => [`${known(id).type}|${known(id).state_key}`, known(id)]));
      const byState = authorizeMatrix(event, (type, key) => state.get(`${type}|${key}`), flags, context);
      const byAuthEvents = authorizeByAuthEvents(event, cited, flags, context);
      return differs('rules', { auth_events: byAuthEvents?.rule ?? null, state: byState?.rule ?? null }, one.expect);
    }),
  );
}

interface MatrixResolution {
  readonly rooms: Readonly<Record<string, { readonly version: string; readonly events: readonly PlainEvent[] }>>;
  readonly cases: readonly {
    readonly why: string;
    readonly rule: string;
    readonly room: string;
    readonly states: readonly (readonly string[])[];
    readonly expect: readonly string[];
  }[];
}

/** matrix/resolution.json: what several states make. */
export function runMatrixResolution({ rooms, cases }: MatrixResolution): Finding[] {
  return cases.map((one) =>
    find('matrix/resolution', one, () => {
      const room = rooms[one.room];
      if (room === undefined) return `no room ${one.room}`;
      const events = new Map(room.events.map((event) => [event.event_id, eventOf(event)]));
      const event = (id: string): RoomEvent => {
        const found = events.get(id);
        if (found === undefined) throw new Error(`${id} is not in the room`);
        return found;
      };
      const states = one.states.map((ids) => StateMap.from(ids.map((id): StateEntry => [event(id).type, event(id).state_key ?? '', id])));
      const resolved = resolveMatrix(states, roomVersion(room.version) as RoomVersion, { event });
      return differs('state', [...resolved.ids()].sort(utf8Compare), [...one.expect].sort(utf8Compare));
    }),
  );
}

/** A create event of version 12 names no room: its `room_id` follows from it, and only what is written down can break a rule. */
function eventOf(plain: PlainEvent): RoomEvent {
  const pdu = plain.room_id === undefined ? {} : { room_id: plain.room_id };
  const origin_ts = plain.origin_server_ts ?? 0;
  return {
    room_id: `!${plain.event_id.slice(1)}`,
    origin_ts,
    guild_heads: [],
    signed_by: [],
    redacted: false,
    state_key: undefined,
    ...plain,
    pdu,
  };
}
