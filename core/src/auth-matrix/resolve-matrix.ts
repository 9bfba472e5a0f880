import { V2, V2_1, type V2Trace } from '@openguild/state-resolution';
import type { RoomEvent, SignatureCheck } from '../event/types.ts';
import type { StateMap } from '../state/state-map.ts';
import { roomVersion, type RoomVersion } from '../version/room-version.ts';
import { MatrixAuthIndex } from './auth-index.ts';
import { matrixV2Rules } from './matrix-v2-rules.ts';
import type { MatrixAuthContext } from './matrix-case.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { resolveMatrixStates } from './resolve-states.ts';

/** What `resolveMatrix` takes beside the states. */
export interface MatrixRoomEvents {
  /** The events of the states, and everything that they cite in `auth_events`, and so on. All were accepted. */
  event(eventId: string): RoomEvent;
  /** Whether a signature in a third-party invitation is right (MX-5.4.1.7); by default none is. */
  isValid?(check: SignatureCheck): boolean;
}

/**
 * MX-14. What several states of one Matrix room make: resolution v2 or v2.1, as the version says. For whoever has states and events and no `Room`; a room does the
 * same with an auth graph that it keeps. Depends on the set of states alone. Pure. `trace`, if given, gets every step.
 *
 * Throws a TypeError on a version whose rooms are native.
 */
export function resolveMatrix(states: readonly StateMap[], version: RoomVersion, events: MatrixRoomEvents, trace?: V2Trace): StateMap {
  const { authority: flags } = version;
  if (flags === 'native') throw new TypeError(`rooms of version ${version.id} are resolved by RES-1 to RES-9`);
  const index = new MatrixAuthIndex(flags);
  const read = (id: string): RoomEvent => events.event(id);
  for (const state of states) for (const id of state.ids()) if (!index.graph.has(id)) index.add(id, read);
  const createId = states.map((state) => state.get(MATRIX_TYPES.CREATE, '')).find((id) => id !== undefined);
  const context: MatrixAuthContext = {
    create: createId === undefined ? undefined : events.event(createId),
    isAccepted: true,
    isKnownVersion: (id) => roomVersion(id) !== undefined,
    isSignedBy: () => true,
    isValid: (check) => events.isValid?.(check) ?? false,
  };
  // MX-14.8
  const switches = version.resolution === 'v2.1' ? V2_1 : V2;
  return resolveMatrixStates(states, { index, rules: matrixV2Rules(index, flags, context, read), switches }, trace);
}
