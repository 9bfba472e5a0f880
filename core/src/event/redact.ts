import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RedactionTable } from '../version/redaction-table.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { isObject } from './check-shape.ts';
import type { RoomEvent } from './types.ts';

/** RED-2, MXB-14: what redaction keeps of a content. */
export function keptContent(type: string, content: JsonObject, table: RedactionTable): JsonObject {
  const members = table.get(type) ?? [];
  if (members === 'all') return content;
  const kept: Record<string, JsonValue> = {};
  for (const member of members) {
    if (typeof member === 'string') {
      if (Object.hasOwn(content, member)) kept[member] = content[member] as JsonValue;
      continue;
    }
    const [name, inner] = member;
    const value = Object.hasOwn(content, name) ? content[name] : undefined;
    if (isObject(value)) kept[name] = Object.hasOwn(value, inner) ? { [inner]: value[inner] as JsonValue } : {};
  }
  return kept;
}

/** True for the members of an event that redaction keeps, `content` in part; `unsigned` never is. */
export function keepsMember(name: string, { keptMembers }: Pick<RoomVersion, 'keptMembers'>): boolean {
  return keptMembers === 'all' ? name !== 'unsigned' : keptMembers.has(name);
}

/** RED-1, MXB-14: the wire form with its content redacted and without what redaction does not keep; the signatures stay. */
export function redactPdu(pdu: JsonObject, version: Pick<RoomVersion, 'keptMembers' | 'redaction'>): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const name of Object.keys(pdu)) if (keepsMember(name, version)) kept[name] = pdu[name] as JsonValue;
  kept['content'] = keptContent(pdu['type'] as string, pdu['content'] as JsonObject, version.redaction);
  return kept;
}

/** The event as it is after redaction: same ID, same signatures (RED-3). */
export function redactEvent(event: RoomEvent, version: RoomVersion): RoomEvent {
  const pdu = redactPdu(event.pdu, version);
  return { ...event, content: pdu['content'] as JsonObject, pdu, redacted: true };
}
