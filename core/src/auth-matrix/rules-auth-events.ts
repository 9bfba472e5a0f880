import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { matrixAuthTypes } from './auth-types.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { MX } from './rule-ids.ts';

/** An event that another cites to show that it was allowed. */
export interface CitedEvent {
  readonly event: RoomEvent;
  readonly rejected: boolean;
}

/**
 * MX-3. "Considering the event's `auth_events`". `cited`: all of them, in their order; an event that nobody has can be no auth event, so
 * the caller fetches it first. For create events, whose rules never come this far, null.
 */
export function checkAuthEventsList(event: RoomEvent, cited: readonly CitedEvent[], flags: MatrixAuthFlags): Fault | null {
  if (event.type === MATRIX_TYPES.CREATE) return null;
  const wanted = matrixAuthTypes(event, flags);
  for (const [place, one] of cited.entries()) {
    const fault = duplicate(one, cited, place) ?? unexpected(one, wanted) ?? rejected(one) ?? otherRoom(one, event);
    if (fault !== null) return fault;
  }
  return noCreate(cited, flags);
}

/** MX-3.1. "If there are duplicate entries for a given `type` and `state_key` pair, reject." */
function duplicate({ event }: CitedEvent, cited: readonly CitedEvent[], place: number): Fault | null {
  const key = event.state_key ?? '';
  const first = cited.findIndex(({ event: one }) => one.type === event.type && (one.state_key ?? '') === key);
  return first === place ? null : { rule: MX.AUTH_DUPLICATE, detail: `two auth events are ${event.type} of ${event.state_key}` };
}

/** MX-3.2. "If there are entries whose `type` and `state_key` don't match those specified by the auth events selection algorithm ..., reject." */
function unexpected({ event }: CitedEvent, wanted: readonly (readonly [type: string, stateKey: string])[]): Fault | null {
  if (wanted.some(([type, stateKey]) => type === event.type && stateKey === event.state_key)) return null;
  return { rule: MX.AUTH_UNEXPECTED, detail: `${event.type} of ${event.state_key} does not authorise it` };
}

/** MX-3.3. "If there are entries which were themselves rejected under the checks performed on receipt of a PDU, reject." */
function rejected({ event, rejected: isRejected }: CitedEvent): Fault | null {
  return isRejected ? { rule: MX.AUTH_REJECTED, detail: `${event.event_id} was rejected` } : null;
}

/** MX-3.4. Until version 11: "If there is no `m.room.create` event among the entries, reject." */
function noCreate(cited: readonly CitedEvent[], flags: MatrixAuthFlags): Fault | null {
  if (flags.roomNamedBy === 'room-id') return null;
  if (cited.some(({ event }) => event.type === MATRIX_TYPES.CREATE && (event.state_key ?? '') === '')) return null;
  return { rule: MX.AUTH_NO_CREATE, detail: 'no auth event is the create event' };
}

/** MX-3.5. "If any event in `auth_events` has a `room_id` which does not match that of the event being authorised, reject." */
function otherRoom({ event }: CitedEvent, { room_id: room }: RoomEvent): Fault | null {
  return event.room_id === room ? null : { rule: MX.AUTH_OTHER_ROOM, detail: `${event.event_id} is of ${event.room_id}` };
}
