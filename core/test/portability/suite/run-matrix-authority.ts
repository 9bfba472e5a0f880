import {
  authorizeByAuthEvents,
  authorizeMatrix,
  type MatrixAuthContext,
  type RoomEvent,
  roomVersion,
  serverOf,
  verifyPortable,
} from '@openguild/core';
import { differs, type Finding, find } from './finding.ts';

type PlainEvent = Pick<RoomEvent, 'event_id' | 'type' | 'sender' | 'content' | 'prev_events' | 'auth_events'> & {
  readonly room_id?: string;
  readonly state_key?: string;
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

/** A create event of version 12 names no room: its `room_id` follows from it, and only what is written down can break a rule. */
function eventOf(plain: PlainEvent): RoomEvent {
  const pdu = plain.room_id === undefined ? {} : { room_id: plain.room_id };
  return {
    room_id: `!${plain.event_id.slice(1)}`,
    origin_ts: 0,
    guild_heads: [],
    signed_by: [],
    redacted: false,
    state_key: undefined,
    ...plain,
    pdu,
  };
}
