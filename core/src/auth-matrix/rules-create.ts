import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import type { JsonValue } from '../json/value.ts';
import type { MatrixCase } from './matrix-case.ts';
import { isMatrixUserId } from './matrix-user-id.ts';
import { MX } from './rule-ids.ts';

/** MX-1. "If type is `m.room.create`: ... Otherwise, allow." */
export function create(c: MatrixCase): Fault | null {
  return createPrev(c) ?? createRoomId(c) ?? createVersion(c) ?? (c.flags.creator === 'sender' ? additionalCreators(c) : creator(c));
}

/** MX-1.1. "If it has any `prev_events`, reject." */
function createPrev(c: MatrixCase): Fault | null {
  return c.demand(MX.CREATE_PREV, c.event.prev_events.length === 0, () => `${c.event.prev_events.length} prev events`);
}

/**
 * MX-1.2. From version 12: "If the event has a `room_id`, reject." Before: "If the domain of the `room_id` does not match the domain of the
 * `sender`, reject."
 */
function createRoomId(c: MatrixCase): Fault | null {
  if (c.flags.roomNamedBy === 'room-id') {
    return c.demand(MX.CREATE_ROOM_ID, !Object.hasOwn(c.event.pdu, 'room_id'), () => `room_id ${c.event.room_id}`);
  }
  return c.demand(
    MX.CREATE_ROOM_ID,
    c.event.room_id.includes(':') && serverOf(c.event.room_id) === c.senderServer,
    () => `room ${c.event.room_id}, sender ${c.event.sender}`,
  );
}

/** MX-1.3. "If `content.room_version` is present and is not a recognised version, reject." */
function createVersion(c: MatrixCase): Fault | null {
  const version = c.field('room_version');
  return c.demand(
    MX.CREATE_VERSION,
    version === undefined || (typeof version === 'string' && c.context.isKnownVersion(version)),
    () => `room version ${JSON.stringify(version)}`,
  );
}

/**
 * MX-1.4. From version 12: "If `additional_creators` is present in `content` and is not an array of strings where each string passes the same user ID
 * validation applied to `sender`, reject."
 */
function additionalCreators(c: MatrixCase): Fault | null {
  if (!c.flags.privilegedCreators) return null;
  const additional = c.field('additional_creators');
  const isUser = (one: JsonValue): boolean => typeof one === 'string' && isMatrixUserId(one);
  return c.demand(
    MX.CREATE_ADDITIONAL,
    additional === undefined || (Array.isArray(additional) && (additional as readonly JsonValue[]).every(isUser)),
    () => 'additional_creators is a list of user IDs',
  );
}

/** MX-1.5. Until version 10: "If `content` has no `creator` property, reject." */
function creator(c: MatrixCase): Fault | null {
  return c.demand(MX.CREATE_CREATOR, c.field('creator') !== undefined, () => 'content names the creator');
}
