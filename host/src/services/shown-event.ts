import type { JsonObject, RoomEvent, StoredEvent } from '@openguild/core';
import type { Redactions } from './redactions.ts';

/** An event as clients get it in timelines: what people read, without the links and signatures of the graph. */
export interface ShownEvent extends JsonObject {
  readonly event_id: string;
  readonly room_id: string;
  readonly type: string;
  readonly sender: string;
  readonly origin_ts: number;
  readonly content: JsonObject;
}

/** `redacted_by` names the redaction in force; `redacted` alone means that this copy came without its content. */
export async function shownEvent(stored: StoredEvent, redactions: Redactions): Promise<ShownEvent> {
  const { event, redaction } = await redactions.shown(stored.event);
  return {
    ...plainEvent(event),
    ...(event.redacted || redaction !== undefined ? { redacted: true } : {}),
    ...(redaction === undefined ? {} : { redacted_by: redaction.event_id }),
  };
}

/** State events are never redacted. */
export function plainEvent(event: RoomEvent): ShownEvent {
  return {
    event_id: event.event_id,
    room_id: event.room_id,
    type: event.type,
    sender: event.sender,
    origin_ts: event.origin_ts,
    content: event.content,
    ...(event.state_key === undefined ? {} : { state_key: event.state_key }),
  };
}
