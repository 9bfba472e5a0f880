import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RedactionTable } from '../version/redaction-table.ts';
import type { RoomVersion } from '../version/room-version.ts';
import type { RoomEvent } from './types.ts';

/** RED-2: what redaction keeps of a content: the listed keys, each with its whole value. */
export function keptContent(type: string, content: JsonObject, table: RedactionTable): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const key of table.get(type) ?? []) {
    if (Object.hasOwn(content, key)) kept[key] = content[key] as JsonValue;
  }
  return kept;
}

/** RED-1: the wire form with its content redacted and without `unsigned`; all else stays, the signatures too. */
export function redactPdu(pdu: JsonObject, table: RedactionTable): JsonObject {
  const { unsigned: _dropped, ...rest } = pdu;
  return { ...rest, content: keptContent(pdu['type'] as string, pdu['content'] as JsonObject, table) };
}

/** The event as it is after redaction: same ID, same signatures (RED-3). */
export function redactEvent(event: RoomEvent, version: RoomVersion): RoomEvent {
  const pdu = redactPdu(event.pdu, version.redaction);
  return { ...event, content: pdu['content'] as JsonObject, pdu, redacted: true };
}
