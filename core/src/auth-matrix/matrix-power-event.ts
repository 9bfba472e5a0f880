import type { RoomEvent } from '../event/types.ts';
import { MATRIX_TYPES } from './matrix-types.ts';

const POWER_TYPES: ReadonlySet<string> = new Set([MATRIX_TYPES.CREATE, MATRIX_TYPES.POWER_LEVELS, MATRIX_TYPES.JOIN_RULES]);
const TAKES_AWAY: ReadonlySet<unknown> = new Set(['leave', 'ban']);

/**
 * MX-14.5. "A power event is a state event with type `m.room.power_levels` or `m.room.join_rules`, or a state event with type `m.room.member` where the
 * `membership` is `leave` or `ban` and the `sender` does not match the `state_key`." And create events, which two roots of one room bring into conflict: with them
 * the text has nothing to say, and the implementations agree.
 */
export function isMatrixPowerEvent(event: RoomEvent): boolean {
  if (event.type === MATRIX_TYPES.MEMBER) return TAKES_AWAY.has(event.content['membership']) && event.sender !== event.state_key;
  return POWER_TYPES.has(event.type) && event.state_key === '';
}
