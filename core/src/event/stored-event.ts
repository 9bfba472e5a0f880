import { serverOf } from '../identifiers.ts';
import type { JsonObject } from '../json/value.ts';
import { CREATE_EVENT_TYPES } from './create-types.ts';
import type { RoomEvent } from './types.ts';

/**
 * An event from a wire form that was checked before: by `checkCopy` just now, or when it came into our own store.
 *
 * Nothing is checked here. `eventId` is the ID that was computed then; `redacted` what was found then. The layout shows in the wire form: every Matrix
 * event has `origin_server_ts` (MXB-9), and no native one may (EV-2).
 */
export function storedEvent(pdu: JsonObject, eventId: string, state: { readonly redacted: boolean }): RoomEvent {
  return Object.hasOwn(pdu, 'origin_server_ts') ? fromMatrix(pdu, eventId, state.redacted) : fromNative(pdu, eventId, state.redacted);
}

function fromNative(pdu: JsonObject, eventId: string, redacted: boolean): RoomEvent {
  const wire = pdu as unknown as NativeWire;
  return {
    event_id: eventId,
    room_id: CREATE_EVENT_TYPES.has(wire.type) ? roomIdOf(eventId, wire.sender) : (wire.room_id as string),
    type: wire.type,
    sender: wire.sender,
    origin_ts: wire.origin_ts,
    content: wire.content,
    state_key: wire.state_key,
    prev_events: wire.prev_events,
    auth_events: wire.auth_events ?? [],
    guild_heads: wire.guild_heads ?? [],
    signed_by: wire.signed_by,
    pdu,
    redacted,
  };
}

function fromMatrix(pdu: JsonObject, eventId: string, redacted: boolean): RoomEvent {
  const wire = pdu as unknown as MatrixWire;
  return {
    event_id: eventId,
    // MXB-16: only create events of versions that name rooms after them carry none.
    room_id: wire.room_id ?? `!${eventId.slice(1)}`,
    type: wire.type,
    sender: wire.sender,
    origin_ts: wire.origin_server_ts,
    content: wire.content,
    state_key: wire.state_key,
    prev_events: wire.prev_events.length > 1 ? [...new Set(wire.prev_events)] : wire.prev_events,
    auth_events: wire.auth_events,
    guild_heads: [],
    signed_by: [],
    pdu,
    redacted,
  };
}

/** ID-5: a room's ID from the ID of its create event and that event's sender. */
export function roomIdOf(createEventId: string, sender: string): string {
  return `!${createEventId.slice(1)}:${serverOf(sender)}`;
}

interface Wire {
  readonly room_id?: string;
  readonly type: string;
  readonly sender: string;
  readonly content: JsonObject;
  readonly state_key: string | undefined;
  readonly prev_events: readonly string[];
}

interface NativeWire extends Wire {
  readonly origin_ts: number;
  readonly auth_events?: readonly string[];
  readonly guild_heads?: readonly string[];
  readonly signed_by: readonly string[];
}

interface MatrixWire extends Wire {
  readonly origin_server_ts: number;
  readonly auth_events: readonly string[];
}
