import type { Facet, HierarchicalRules } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import { splitStateKey, stateKeyOf } from '../state/state-map.ts';
import { authorize } from './authorize.ts';
import { accepted, EVERYONE, readAuthority, readGrant } from './content.ts';
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
    facet: (event, key, past, read) => (event.type === TYPES.MEMBER && key === AUTHORITY_KEY ? rolesSeen(past, read) : undefined),
  };
}

const AUTHORITY_KEY = stateKeyOf(TYPES.AUTHORITY, '');

/**
 * What the rules of membership see of an authority event: `everyone` and the roles in the grants that they read (AUTH-4.7, AUTH-4.8, AUTH-4.16). So a
 * thousand edits of other roles are one to a ban.
 */
function rolesSeen(past: (key: string) => RoomEvent | undefined, read: ReadonlySet<string>): Facet<RoomEvent> {
  const ids = new Set([EVERYONE]);
  for (const key of read) {
    const grant = splitStateKey(key)[0] === TYPES.GRANT ? past(key) : undefined;
    if (grant !== undefined) for (const id of accepted(readGrant(grant)).roles) ids.add(id);
  }
  const roles = [...ids].sort(utf8Compare);
  return {
    name: roles.join(' '),
    of(value) {
      const known = accepted(readAuthority(value));
      return roles.map((id) => `${known.get(id)?.rank}:${known.get(id)?.allow}`).join(' ');
    },
  };
}

/** RES-6. What resolution puts in place together with an accepted event: a grant's stay. */
export function companionIds(event: RoomEvent): string[] {
  return event.type === TYPES.GRANT ? [accepted(readGrant(event)).stay] : [];
}
