import type { RoomEvent } from '../event/types.ts';

/**
 * MX-5.3.1. The one entry of an event's `prev_events`, or undefined if there are more or none. One that is listed twice is one predecessor (MXB-8), but
 * not the only entry: so other implementations count, and what they reject must not be a membership here.
 */
export function onlyPredecessor({ prev_events: prev, pdu }: RoomEvent): string | undefined {
  const listed = pdu['prev_events'];
  return prev.length === 1 && (!Array.isArray(listed) || listed.length === 1) ? prev[0] : undefined;
}
