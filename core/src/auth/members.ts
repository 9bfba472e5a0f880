import type { RoomEvent } from '../event/types.ts';
import { serverOf } from '../identifiers.ts';
import {
  accepted,
  EVERYONE,
  type GrantContent,
  type Membership,
  type Role,
  readAuthority,
  readGrant,
  readListing,
  readMember,
} from './content.ts';
import { TYPES } from './event-types.ts';
import { admissionOf } from './servers.ts';
import type { StateView } from './state-view.ts';

const ONLY_EVERYONE: ReadonlyMap<string, Role> = new Map([[EVERYONE, { rank: 0, allow: 0n }]]);

/** AUTH-4.3. The owner of a guild, the creator of a plain room: the sender of the create event, for ever. */
export function ownerOf(view: StateView): string {
  return view.origin.sender;
}

/** AUTH-4.4. A user's membership. A join under a root that is no longer its server's is none. */
export function membershipOf(view: StateView, user: string): Membership {
  const event = view.get(TYPES.MEMBER, user);
  if (event === undefined) return 'leave';
  const { membership, root } = accepted(readMember(event));
  if (membership !== 'join') return membership;
  return admissionOf(view, serverOf(user))?.root === root ? 'join' : 'leave';
}

/** AUTH-4.5. The first join event of the user's present stay, by which grants name it. Undefined if he is not joined. */
export function stayOf(view: StateView, user: string): string | undefined {
  if (membershipOf(view, user) !== 'join') return undefined;
  const event = view.get(TYPES.MEMBER, user) as RoomEvent;
  return accepted(readMember(event)).stay ?? event.event_id;
}

/** AUTH-4.6. Every role of the guild; without an authority event there is `everyone` alone, with nothing. */
export function rolesOf(view: StateView): ReadonlyMap<string, Role> {
  const event = view.get(TYPES.AUTHORITY);
  return event === undefined ? ONLY_EVERYONE : accepted(readAuthority(event));
}

/** AUTH-4.7. The user's grant of roles, if it was given for the present stay. */
export function grantOf(view: StateView, user: string): GrantContent | undefined {
  if (view.isPlain) return undefined;
  const event = view.get(TYPES.GRANT, user);
  if (event === undefined) return undefined;
  const grant = accepted(readGrant(event));
  return grant.stay === stayOf(view, user) ? grant : undefined;
}

/** AUTH-4.7. IDs of the roles that a user holds now, `everyone` not among them; roles that are gone do not count. */
export function heldRoles(view: StateView, user: string): readonly string[] {
  const grant = grantOf(view, user);
  if (grant === undefined) return [];
  const known = rolesOf(view);
  return grant.roles.filter((role) => known.has(role));
}

/** AUTH-4.13. Is the channel listed by the guild, and not deleted? */
export function isListed(view: StateView, channel: string): boolean {
  const event = view.get(TYPES.LISTING, channel);
  return event !== undefined && !accepted(readListing(event)).deleted;
}
