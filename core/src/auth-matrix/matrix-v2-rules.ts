import { rulesByEvent, type V2Rules } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import type { MatrixAuthIndex } from './auth-index.ts';
import { authorizeCase, authorizeMatrix } from './authorize-matrix.ts';
import { EventCase } from './event-case.ts';
import { IndexedCase } from './indexed-case.ts';
import type { MatrixAuthContext } from './matrix-case.ts';

/**
 * MX-14.3, MX-14.7. The auth rules as resolution v2 and v2.1 ask them of the events of an index. `read` gives an event by its ID. `context.isSignedBy` is not asked: events that are judged
 * again were accepted. Made for one resolution: events must not be added while it is used.
 */
export function matrixV2Rules(
  index: MatrixAuthIndex,
  flags: MatrixAuthFlags,
  context: MatrixAuthContext,
  read: (eventId: string) => RoomEvent,
): V2Rules {
  const accepted: MatrixAuthContext = {
    create: context.create,
    isKnownVersion: (version) => context.isKnownVersion(version),
    isAccepted: true,
    isSignedBy: () => true,
    isValid: (check) => context.isValid(check),
  };
  const { graph, ownLevels } = index;
  const judged = new IndexedCase(index, flags, accepted, (number) => read(graph.idOf(number)));
  let own = 0;
  const byAuthEvents = (key: number): number => graph.authEvent(own, key);
  const byEvent = rulesByEvent<RoomEvent>(graph, read, {
    powerOf: (event, auth) => new EventCase(event, auth, flags, accepted, undefined).levelOf('sender'),
    authorize: (event, lookup) => authorizeMatrix(event, lookup, flags, accepted),
  });
  return {
    powerOf(number) {
      own = number;
      judged.put(number, byAuthEvents);
      const known = ownLevels[number] as number;
      const isKnown = !Number.isNaN(known) && !(flags.privilegedCreators && judged.isCreator('sender'));
      return isKnown ? known : byEvent.powerOf(number);
    },
    allows: (number, at) => authorizeCase(judged.put(number, at)) === null,
    faultOf: (number, at) => byEvent.faultOf(number, at),
  };
}
