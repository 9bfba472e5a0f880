import type { Fault } from '../fault.ts';
import type { Case } from './case.ts';
import { accepted, EVERYONE, type Role, readAuthority, readGrant } from './content.ts';
import { grantOf, ownerOf, rolesOf, stayOf } from './members.ts';
import { namesOf } from './names-of.ts';
import { BITS, describeMask, NEVER_EVERYONE } from './permission-bits.ts';
import { actingBits } from './permissions.ts';
import { hasPersonKey, personKeyOf, userRank } from './rank.ts';
import { RULES } from './rule-ids.ts';

/**
 * Changing the guild's roles. AUTH-7.1. It needs MANAGE_ROLES.
 * AUTH-7.2. `everyone` exists, with rank 0, and never has ADMIT_SERVERS or ADMINISTRATOR.
 * AUTH-7.3. Each role that is added, removed or changed ranks below the sender, before and after.
 * AUTH-7.4. Each bit that changes is held by him.
 */
export function authority(c: Case): Fault | null {
  const refused = c.shape(readAuthority(c.event)) ?? c.demandBit(RULES.BIT_MANAGE_ROLES, BITS.MANAGE_ROLES);
  if (refused !== null) return refused;
  const before = rolesOf(c.view);
  const after = accepted(readAuthority(c.event));
  const everyone = after.get(EVERYONE);
  const wrong = c.demand(
    RULES.AUTHORITY_EVERYONE,
    everyone !== undefined && everyone.rank === 0 && (everyone.allow & NEVER_EVERYONE) === 0n,
    () => `does ${EVERYONE} exist with rank 0 and without ${describeMask(NEVER_EVERYONE)}?`,
    () => (everyone === undefined ? 'it does not exist' : `rank ${everyone.rank}, ${describeMask(everyone.allow)}`),
  );
  if (wrong !== null) return wrong;
  for (const id of namesOf(before, after)) {
    const fault = roleChange(c, id, before.get(id), after.get(id));
    if (fault !== null) return fault;
  }
  return null;
}

/** AUTH-7.3 and AUTH-7.4 for one role. */
function roleChange(c: Case, id: string, before: Role | undefined, after: Role | undefined): Fault | null {
  if (before?.rank === after?.rank && before?.allow === after?.allow) return null;
  const changed = (before?.allow ?? 0n) ^ (after?.allow ?? 0n);
  return c.demandBelow(RULES.RANK_ROLE, Math.max(before?.rank ?? 0, after?.rank ?? 0), `role ${id}`) ?? demandAll(c, changed, `role ${id}`);
}

/** AUTH-7.4. Does the sender hold every one of these bits in the guild? */
function demandAll(c: Case, bits: bigint, what: string): Fault | null {
  const lacked = bits & ~actingBits(c.view, c.event);
  return c.demand(
    RULES.BITS_LACKED,
    lacked === 0n,
    () => `does ${c.event.sender} hold every permission of ${what} that changes hands?`,
    () => (lacked === 0n ? describeMask(bits) : `not ${describeMask(lacked)}`),
  );
}

/** A role's name, colour and icon. AUTH-7.1. It needs MANAGE_ROLES; AUTH-7.3. the role exists and ranks below the sender. */
export function roleLooks(c: Case): Fault | null {
  const refused = c.demandBit(RULES.BIT_MANAGE_ROLES, BITS.MANAGE_ROLES);
  if (refused !== null) return refused;
  const id = c.event.state_key ?? '';
  const role = rolesOf(c.view).get(id);
  if (role !== undefined) return c.demandBelow(RULES.RANK_ROLE, role.rank, `role ${id}`);
  return c.demand(
    RULES.RANK_ROLE,
    false,
    () => `does role ${id} exist?`,
    () => 'the guild has no such role',
  );
}

/**
 * A member's roles. AUTH-7.5. The grant names the target's present stay. Then either the rule for oneself or that for others; the owner is
 * free to give himself roles.
 */
export function memberRoles(c: Case): Fault | null {
  const malformed = c.shape(readGrant(c.event));
  if (malformed !== null) return malformed;
  const { event, view } = c;
  const user = event.state_key ?? '';
  const present = stayOf(view, user);
  const elsewhere = c.demand(
    RULES.GRANT_STAY,
    present !== undefined && accepted(readGrant(event)).stay === present,
    () => `does the grant name the present stay of ${user}?`,
    () => present ?? 'he is not joined',
  );
  if (elsewhere !== null) return elsewhere;
  return event.sender === user && user !== ownerOf(view) ? ownRoles(c) : rolesOfOther(c);
}

/**
 * AUTH-7.6. A person may drop roles of his own (the key stays), or change his own key (the roles stay).
 * AUTH-7.7. He changes it under the old one.
 */
function ownRoles(c: Case): Fault | null {
  const { event, view } = c;
  const next = accepted(readGrant(event));
  const old = new Set(grantOf(view, event.sender)?.roles ?? []);
  const oldKey = personKeyOf(view, event.sender);
  const within = next.roles.every((role) => old.has(role));
  const drops = next.key === oldKey && within && next.roles.length < old.size;
  const rekeys = next.key !== oldKey && oldKey !== undefined && next.key !== undefined && within && next.roles.length === old.size;
  return (
    c.demand(
      RULES.GRANT_OWN,
      drops || rekeys,
      () => `does ${event.sender} only drop roles of his own, or only change his own key?`,
      () => `he held [${[...old].join(', ')}]${oldKey === undefined ? '' : ` with key ${oldKey}`}`,
    ) ??
    c.demand(
      RULES.PERSON_KEY,
      !rekeys || hasPersonKey(view, event),
      () => 'does the old key sign the change of keys?',
      () => oldKey ?? 'there is none',
    )
  );
}

/**
 * AUTH-7.1. It needs MANAGE_ROLES; AUTH-6.11. the target ranks below the sender; AUTH-7.3. so does every role given or taken;
 * AUTH-7.8. roles given exist; AUTH-7.4. every bit of a role given is held by the sender. If the person's key changes, all roles of the new
 * list count as given.
 */
function rolesOfOther(c: Case): Fault | null {
  const { event, view } = c;
  const user = event.state_key ?? '';
  const refused =
    c.demandBit(RULES.BIT_MANAGE_ROLES, BITS.MANAGE_ROLES) ??
    (event.sender === user ? null : c.demandBelow(RULES.RANK_TARGET, userRank(view, user), user));
  if (refused !== null) return refused;
  const known = rolesOf(view);
  const next = accepted(readGrant(event));
  const old = new Set(grantOf(view, user)?.roles ?? []);
  const wanted = new Set(next.roles);
  const given = next.key === personKeyOf(view, user) ? next.roles.filter((role) => !old.has(role)) : next.roles;
  const unknown = given.filter((role) => !known.has(role));
  const strange = c.demand(
    RULES.ROLE_UNKNOWN,
    unknown.length === 0,
    () => 'do all roles given exist?',
    () => (unknown.length === 0 ? given.join(', ') || 'none is given' : `not ${unknown.join(', ')}`),
  );
  if (strange !== null) return strange;
  for (const role of [...given, ...[...old].filter((one) => !wanted.has(one))]) {
    const fault = c.demandBelow(RULES.RANK_ROLE, known.get(role)?.rank ?? -1, `role ${role}`);
    if (fault !== null) return fault;
  }
  for (const role of given) {
    const fault = demandAll(c, (known.get(role) as Role).allow, `role ${role}`);
    if (fault !== null) return fault;
  }
  return null;
}
