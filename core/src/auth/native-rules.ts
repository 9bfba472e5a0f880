import type { HierarchicalRules } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import { stateKeyOf } from '../state/state-map.ts';
import { authorize } from './authorize.ts';
import { accepted, readGrant } from './content.ts';
import { isPowerEvent, TYPES } from './event-types.ts';
import { StateView } from './state-view.ts';

const CREATE_TYPE = { guild: TYPES.CREATE_GUILD, plain: TYPES.CREATE_PLAIN } as const;

/**
 * The auth rules as hierarchical resolution asks them.
 *
 * `base`: the state at the cut, which holds the create event. `eventById`: any accepted event of the room; asked for the stays that grants
 * name (`companionIds`). Events judged again were accepted, so an admission's proof is right.
 */
export function nativeRules(
  kind: 'guild' | 'plain',
  base: (key: string) => RoomEvent | undefined,
  eventById: (eventId: string) => RoomEvent,
): HierarchicalRules<RoomEvent> {
  const create = base(stateKeyOf(CREATE_TYPE[kind], ''));
  const context = { kind, proofValid: true } as const;
  return {
    authorize(event, lookup, onRead) {
      const read = (type: string, stateKey: string): RoomEvent | undefined => {
        const key = stateKeyOf(type, stateKey);
        onRead(key);
        return lookup(key);
      };
      return authorize(event, new StateView(read, create), context);
    },
    isPowerEvent,
    companions: (event) => companionIds(event).map(eventById),
    outranksAnyWeight: (event) => event.type === TYPES.MEMBER && event.content['membership'] === 'ban',
    keyOf: (event) => stateKeyOf(event.type, event.state_key ?? ''),
  };
}

/** RES-6. What resolution puts in place together with an accepted event: a grant's stay. */
export function companionIds(event: RoomEvent): string[] {
  return event.type === TYPES.GRANT ? [accepted(readGrant(event)).stay] : [];
}
