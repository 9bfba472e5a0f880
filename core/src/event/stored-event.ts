import { serverOf } from '../identifiers.ts';
import type { JsonObject } from '../json/value.ts';
import { CREATE_EVENT_TYPES } from './create-types.ts';
import type { RoomEvent } from './types.ts';

/**
 * An event from a wire form that was checked before: by `checkCopy` just now, or when it came into our own store.
 *
 * Nothing is checked here. `eventId` is the ID that was computed then; `redacted` what was found then.
 */
export function storedEvent(pdu: JsonObject, eventId: string, state: { readonly redacted: boolean }): RoomEvent {
  const wire = pdu as unknown as WireEvent;
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
    redacted: state.redacted,
  };
}

/** ID-5: a room's ID from the ID of its create event and that event's sender. */
export function roomIdOf(createEventId: string, sender: string): string {
  return `!${createEventId.slice(1)}:${serverOf(sender)}`;
}

interface WireEvent {
  readonly room_id?: string;
  readonly type: string;
  readonly sender: string;
  readonly origin_ts: number;
  readonly content: JsonObject;
  readonly state_key: string | undefined;
  readonly prev_events: readonly string[];
  readonly auth_events?: readonly string[];
  readonly guild_heads?: readonly string[];
  readonly signed_by: readonly string[];
}
