import type { RoomEvent } from '../event/types.ts';
import { isBareServer, serverOf } from '../identifiers.ts';
import type { RoomKind } from '../room/types.ts';
import { accepted, LEVELS, type LevelName, type PowerLevels, type Role, readCreate, readPowerLevels } from './content.ts';
import { isCreate, TYPES } from './event-types.ts';
import { grantOf, heldRoles, ownerOf, rolesOf } from './members.ts';
import { admissionOf, OWNER_RANK, serverKeys } from './servers.ts';
import type { StateView } from './state-view.ts';

const CREATE_RANK = OWNER_RANK + 10;
/** Of a statement of keys that is signed by the most trusted key; one less for each place down the list of at most four. */
const KEYS_RANK = OWNER_RANK + 5;

const DEFAULT_LEVELS: PowerLevels = { of: LEVELS, events: new Map(), users: new Map() };

/** AUTH-4.9. The power levels of a plain room, or the defaults. */
export function powerLevelsOf(view: StateView): PowerLevels {
  const event = view.get(TYPES.POWER_LEVELS);
  return event === undefined ? DEFAULT_LEVELS : accepted(readPowerLevels(event));
}

/** AUTH-4.9. The level that an act needs in a plain room. */
export function levelNeeded(view: StateView, act: LevelName): number {
  return powerLevelsOf(view).of[act];
}

/**
 * AUTH-4.8. The owner is above all. Else the highest rank among the user's roles, but no higher than the ceiling of the user's server.
 * AUTH-4.9. In plain rooms the power level (`users`, else `users_default`), with the same ceiling.
 */
export function userRank(view: StateView, user: string): number {
  if (user === ownerOf(view)) return OWNER_RANK;
  const ceiling = admissionOf(view, serverOf(user))?.rank ?? 0;
  if (view.isPlain) {
    const levels = powerLevelsOf(view);
    return Math.min(levels.users.get(user) ?? levels.of.users_default, ceiling);
  }
  const roles = rolesOf(view);
  const highest = heldRoles(view, user).reduce((rank, role) => Math.max(rank, (roles.get(role) as Role).rank), 0);
  return Math.min(highest, ceiling);
}

/** AUTH-4.10. The person's own key that must sign what this user does with authority, if one was named. */
export function personKeyOf(view: StateView, user: string): string | undefined {
  return user === ownerOf(view) ? accepted(readCreate(view.origin)).ownerKey : grantOf(view, user)?.key;
}

/** AUTH-4.10. Does the event carry the signature without which its sender's authority does not count? */
export function hasPersonKey(view: StateView, event: RoomEvent): boolean {
  const key = personKeyOf(view, event.sender);
  return key === undefined || event.signed_by.includes(key);
}

/** AUTH-4.11. The rank with which an event's sender acts: 0 without the signature of the person's key, if one was named. */
export function actingRank(view: StateView, event: RoomEvent): number {
  return hasPersonKey(view, event) ? userRank(view, event.sender) : 0;
}

/**
 * AUTH-4.12. The rank of an event in resolution: its sender's, in the state before it (a channel event's: in the guild's state at its guild
 * heads). A statement of a server's keys ranks above all users, the more trusted the signing key the higher; the create event above
 * everything.
 */
export function rankOf(event: RoomEvent, view: StateView, kind: RoomKind): number {
  if (isCreate(event) && kind !== 'channel') return CREATE_RANK;
  if (!isBareServer(event.sender)) return actingRank(view, event);
  if (event.type !== TYPES.KEYS) return 0;
  const place = serverKeys(view, serverOf(event.sender)).indexOf(event.signed_by[0] ?? '');
  return place < 0 ? 0 : KEYS_RANK - place;
}
