import type { RoomEvent } from '../event/types.ts';
import { accepted, EVERYONE, type Overwrite, type Role, readOverwrites } from './content.ts';
import { TYPES } from './event-types.ts';
import { heldRoles, membershipOf, ownerOf, rolesOf, stayOf } from './members.ts';
import { ALL_BITS, BITS, CHANNEL_BITS, describeMask, EVERYDAY_BITS } from './permission-bits.ts';
import { hasPersonKey, userRank } from './rank.ts';
import type { StateView } from './state-view.ts';

/** What a step of the computation is about, in the order of AUTH-4.16 to AUTH-4.18. */
export type PermissionStepName =
  | 'not-a-member'
  | 'everyone'
  | 'role'
  | 'owner'
  | 'administrator'
  | 'without-person-key'
  | 'overwrite-everyone'
  | 'overwrite-roles'
  | 'overwrite-member'
  | 'cannot-view';

/** One step of the computation, in the order in which it happens. */
export interface PermissionStep {
  readonly step: PermissionStepName;
  /** The role, the roles (joined by `, `), or the user that it is about. */
  readonly source: string;
  /** Bits that were not held before the step and are after it. */
  readonly gained: bigint;
  readonly lost: bigint;
}

/** What a user may do, and how that came about. */
export interface Permissions {
  readonly bits: bigint;
  readonly rank: number;
  readonly why: readonly PermissionStep[];
}

/** Bits under construction; remembers each step that changed something. */
class Tally {
  bits = 0n;
  readonly steps: PermissionStep[] = [];

  to(bits: bigint, step: PermissionStepName, source: string): void {
    const gained = bits & ~this.bits;
    const lost = this.bits & ~bits;
    if (gained !== 0n || lost !== 0n) this.steps.push({ step, source, gained, lost });
    this.bits = bits;
  }
}

/**
 * AUTH-4.16. Permissions in the guild: `everyone` plus all roles held; ADMINISTRATOR is every bit; the owner has every bit. Who is not
 * joined has none.
 * AUTH-4.17. Without the signature of the person's key (`signed` false) roles and ownership give everyday bits only.
 */
function guildTally(view: StateView, user: string, signed: boolean): Tally {
  const tally = new Tally();
  if (membershipOf(view, user) !== 'join') {
    tally.steps.push({ step: 'not-a-member', source: user, gained: 0n, lost: 0n });
    return tally;
  }
  const roles = rolesOf(view);
  const everyone = roles.get(EVERYONE)?.allow ?? 0n;
  tally.to(everyone, 'everyone', EVERYONE);
  for (const role of heldRoles(view, user)) tally.to(tally.bits | (roles.get(role) as Role).allow, 'role', role);
  if (user === ownerOf(view)) tally.to(ALL_BITS, 'owner', user);
  if ((tally.bits & BITS.ADMINISTRATOR) !== 0n) tally.to(ALL_BITS, 'administrator', user);
  if (!signed) tally.to(everyone | (tally.bits & EVERYDAY_BITS), 'without-person-key', user);
  return tally;
}

/**
 * AUTH-4.18. Permissions in a channel, in Discord's order: guild permissions; then the overwrite of `everyone` (deny, then allow); then
 * those of all held roles together; then the member's own. The owner and administrators skip overwrites. Who lacks VIEW_CHANNEL has
 * nothing. A member's own allow counts only in the stay that it names; his deny always.
 */
function channelTally(view: StateView, user: string, channel: string, signed: boolean): Tally {
  const whole = signed ? undefined : guildTally(view, user, true).bits;
  const tally = guildTally(view, user, signed);
  if (membershipOf(view, user) !== 'join' || ((whole ?? tally.bits) & BITS.ADMINISTRATOR) !== 0n) return tally;
  const event = view.get(TYPES.OVERWRITES, channel);
  const entries = event === undefined ? new Map<string, Overwrite>() : accepted(readOverwrites(event));
  const byAuthority = signed ? CHANNEL_BITS : CHANNEL_BITS & EVERYDAY_BITS;
  const apply = (deny: bigint, allow: bigint, mask: bigint, step: PermissionStepName, source: string): void =>
    tally.to((tally.bits & ~(deny & CHANNEL_BITS)) | (allow & mask), step, source);

  const everyone = entries.get(`role ${EVERYONE}`);
  if (everyone !== undefined) apply(everyone.deny, everyone.allow, CHANNEL_BITS, 'overwrite-everyone', EVERYONE);
  const ofRoles = heldRoles(view, user).flatMap((role) => entries.get(`role ${role}`) ?? []);
  const deny = ofRoles.reduce((bits, entry) => bits | entry.deny, 0n);
  const allow = ofRoles.reduce((bits, entry) => bits | entry.allow, 0n);
  apply(deny, allow, byAuthority, 'overwrite-roles', ofRoles.map((entry) => entry.id).join(', '));
  const own = entries.get(`member ${user}`);
  if (own !== undefined) apply(own.deny, own.stay === stayOf(view, user) ? own.allow : 0n, byAuthority, 'overwrite-member', user);
  if ((tally.bits & BITS.VIEW_CHANNEL) === 0n) tally.to(0n, 'cannot-view', user);
  return tally;
}

/**
 * AUTH-4.8, AUTH-4.16, AUTH-4.18. What a user may do in the guild, or in one of its channels (a room ID; one that the guild does not list is answered like one without
 * overwrites: ask `isListed`). `bits` is a mask of 64 bits (`permissionNames`), `rank` a number from 0 (the owner's is `OWNER_RANK`), `why` the steps that changed a
 * bit, in order: what each gained and lost adds up to `bits`. As if the person's own key had signed, where one was named (AUTH-4.10); of one event ask
 * `actingBits`. Bits are Discord's (AUTH-4.14), in the order of Discord's documentation. Pure; of a user who is no member, no bits and no error.
 */
export function effectivePermissions(view: StateView, user: string, channel?: string): Permissions {
  const tally = channel === undefined ? guildTally(view, user, true) : channelTally(view, user, channel, true);
  return { bits: tally.bits, rank: userRank(view, user), why: tally.steps };
}

/** AUTH-4.17. The bits with which an event's sender acts, in the guild or in a channel (a room ID): without the signature of his own key, where one was named, fewer. */
export function actingBits(view: StateView, event: RoomEvent, channel?: string): bigint {
  const signed = hasPersonKey(view, event);
  const ofView = known.get(view) ?? new Map<string, bigint>();
  if (ofView.size === 0) known.set(view, ofView);
  const name = `${signed ? '+' : '-'}${event.sender} ${channel ?? ''}`;
  let bits = ofView.get(name);
  if (bits === undefined) {
    const tally = channel === undefined ? guildTally(view, event.sender, signed) : channelTally(view, event.sender, channel, signed);
    if (ofView.size >= MAX_KNOWN_BITS) ofView.clear();
    ofView.set(name, (bits = tally.bits));
  }
  return bits;
}

/** Answers kept for one view: of many people in many channels there are more than what was read for them. */
const MAX_KNOWN_BITS = 8_192;

/** What a view reads does not change: what somebody may do by it is computed once. */
const known = new WeakMap<StateView, Map<string, bigint>>();

/** The bits that a user's word alone carries, without any signature of a person's key. */
export function unsignedBits(view: StateView, user: string): bigint {
  return guildTally(view, user, false).bits;
}

/** Where the sender's bits come from, in words. */
export function describeBits(view: StateView, event: RoomEvent, channel?: string): string {
  const signed = hasPersonKey(view, event);
  const { steps } = channel === undefined ? guildTally(view, event.sender, signed) : channelTally(view, event.sender, channel, signed);
  return steps.map(describeStep).join('; ') || 'nothing gives a permission';
}

function describeStep({ step, source, gained, lost }: PermissionStep): string {
  if (step === 'not-a-member') return `${source} is not a member`;
  const change = [gained === 0n ? [] : `gives ${describeMask(gained)}`, lost === 0n ? [] : `takes ${describeMask(lost)}`]
    .flat()
    .join(' and ');
  return `${step}${source === '' ? '' : ` (${source})`} ${change}`;
}
