import type { AuthVertex, V2Rules } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { authorizeMatrix } from './authorize-matrix.ts';
import { type MatrixAuthContext, MatrixCase } from './matrix-case.ts';
import { MATRIX_TYPES } from './matrix-types.ts';

/** Whose chain of auth events is the mainline: what an `AuthGraph` of a Matrix room is made with. */
export const MATRIX_MAINLINE = [MATRIX_TYPES.POWER_LEVELS, ''] as const;
const POWER_TYPES: ReadonlySet<string> = new Set([MATRIX_TYPES.CREATE, MATRIX_TYPES.POWER_LEVELS, MATRIX_TYPES.JOIN_RULES]);
const TAKES_AWAY: ReadonlySet<unknown> = new Set(['leave', 'ban']);

/**
 * "A power event is a state event with type `m.room.power_levels` or `m.room.join_rules`, or a state event with type `m.room.member` where the
 * `membership` is `leave` or `ban` and the `sender` does not match the `state_key`." And create events, which two roots of one room bring into conflict: with them
 * the text has nothing to say, and the implementations agree.
 */
export function isMatrixPowerEvent(event: RoomEvent): boolean {
  if (event.type === MATRIX_TYPES.MEMBER) return TAKES_AWAY.has(event.content['membership']) && event.sender !== event.state_key;
  return POWER_TYPES.has(event.type) && event.state_key === '';
}

/** What the auth graph of a Matrix room holds of an event. */
export function matrixAuthVertex(event: RoomEvent): AuthVertex {
  return { authEvents: event.auth_events, type: event.type, stateKey: event.state_key ?? '' };
}

/**
 * The auth rules as resolution v2 and v2.1 ask them. `context.isSignedBy` is not asked: events that are judged again were accepted.
 */
export function matrixV2Rules(flags: MatrixAuthFlags, context: MatrixAuthContext): V2Rules<RoomEvent> {
  const accepted: MatrixAuthContext = {
    create: context.create,
    isKnownVersion: (version) => context.isKnownVersion(version),
    isAccepted: true,
    isSignedBy: () => true,
    isValid: (check) => context.isValid(check),
  };
  return {
    originTs: (event) => event.origin_ts,
    isPowerEvent: isMatrixPowerEvent,
    powerOf: (event, auth) => new MatrixCase(event, auth, flags, accepted, undefined).levelOf(event.sender),
    authorize: (event, lookup) => authorizeMatrix(event, lookup, flags, accepted),
    isRejected: () => false,
  };
}
