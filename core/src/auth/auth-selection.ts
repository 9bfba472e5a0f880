import type { RoomEvent } from '../event/types.ts';
import { serverOf } from '../identifiers.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { RoomKind } from '../room/types.ts';
import { readMember } from './content.ts';
import { isCreate, TYPES } from './event-types.ts';
import { overwriteChanges } from './overwrite-changes.ts';
import { admissionOf } from './servers.ts';
import type { StateView } from './state-view.ts';

/** AUTH-10.1. Ten are enough for every event that the rules can accept. */
export const MAX_AUTH_EVENTS = 10;

type Entry = readonly [type: string, stateKey: string];

/**
 * AUTH-10.1. The IDs that `auth_events` must hold: what the rules may read of the state before the event, by a table of types, not by
 * tracing the rules. Sorted by UTF-8 bytes, at most ten, without the create event (the room ID stands for it). Empty for create events and
 * in channels.
 *
 * Defined for any content: what is malformed names nothing.
 */
export function authSelection(event: RoomEvent, view: StateView, kind: RoomKind): string[] {
  if (kind === 'channel' || isCreate(event) || view.create === undefined) return [];
  const ids = new Set<string>();
  for (const [type, stateKey] of [...signing(view, event.sender), ...byType(event, view)]) {
    const found = view.get(type, stateKey);
    if (found !== undefined) ids.add(found.event_id);
  }
  if (ids.size > MAX_AUTH_EVENTS) throw new Error(`${event.type} selects ${ids.size} auth events`);
  return [...ids].sort(utf8Compare);
}

/** AUTH-10.2. What says which keys a user's server has. */
function signing(view: StateView, user: string): Entry[] {
  const server = serverOf(user);
  const admission = admissionOf(view, server);
  if (admission === undefined) return [];
  return [...admissionEntry(view, user), [TYPES.KEYS, admission.root]];
}

/** AUTH-10.2. The admission of a user's server; the creator's own server has none beside the create event. */
function admissionEntry(view: StateView, user: string): Entry[] {
  const server = serverOf(user);
  return server === serverOf(view.origin.sender) ? [] : [[TYPES.ADMISSION, server]];
}

/** AUTH-10.3. What says how a user ranks and what he may do. */
function standing(view: StateView, user: string): Entry[] {
  const authority: Entry[] = view.isPlain
    ? [[TYPES.POWER_LEVELS, '']]
    : [
        [TYPES.AUTHORITY, ''],
        [TYPES.GRANT, user],
      ];
  return [[TYPES.MEMBER, user], ...admissionEntry(view, user), ...authority];
}

function byType(event: RoomEvent, view: StateView): Entry[] {
  const { sender, type } = event;
  const target = event.state_key ?? '';
  switch (type) {
    case TYPES.MERGE:
    case TYPES.KEYS:
      return [];
    case TYPES.MEMBER:
      return byMembership(event, view);
    case TYPES.ADMISSION:
      return [...standing(view, sender), [TYPES.ADMISSION, target]];
    case TYPES.GRANT:
      return [...standing(view, sender), ...(view.isPlain ? [] : standing(view, target))];
    case TYPES.LISTING:
      return [...standing(view, sender), [TYPES.LISTING, target], [TYPES.OVERWRITES, target]];
    case TYPES.OVERWRITES:
      return [...standing(view, sender), [TYPES.LISTING, target], [TYPES.OVERWRITES, target], ...changedMember(event, view)];
    default:
      return standing(view, sender);
  }
}

/** AUTH-10.4. The member whose entry changes; of an event that changes entries of several, which no rule accepts, none. */
function changedMember(event: RoomEvent, view: StateView): Entry[] {
  const [only, ...more] = overwriteChanges(view, event).filter((change) => change.kind === 'member');
  return only === undefined || more.length > 0 ? [] : standing(view, only.id);
}

/** AUTH-10.5. Membership events, by what they do. */
function byMembership(event: RoomEvent, view: StateView): Entry[] {
  const read = readMember(event);
  const { sender } = event;
  const target = event.state_key ?? '';
  if (!read.ok) return [];
  const { membership, via } = read.value;
  if (membership === 'join') {
    const voucher = via === undefined ? [] : [...standing(view, via), ...signing(view, via)];
    return [[TYPES.MEMBER, sender], [TYPES.JOIN_RULES, ''], ...voucher];
  }
  if (membership === 'leave' && sender === target) return [[TYPES.MEMBER, sender]];
  return [...standing(view, sender), ...standing(view, target)];
}
