import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import type { Case } from './case.ts';
import { accepted, readJoinRules, readMember } from './content.ts';
import { TYPES } from './event-types.ts';
import { membershipOf, ownerOf, stayOf } from './members.ts';
import { BITS } from './permission-bits.ts';
import { unsignedBits } from './permissions.ts';
import { levelNeeded, userRank } from './rank.ts';
import { RULES } from './rule-ids.ts';
import { demandLevel } from './rules-servers.ts';
import { admissionOf, serverKeys } from './servers.ts';

/** Membership events, by what they do: join, leave by oneself, kick or unban, ban, invite. */
export function member(c: Case): Fault | null {
  const malformed = c.shape(readMember(c.event));
  if (malformed !== null) return malformed;
  const { membership } = accepted(readMember(c.event));
  if (membership === 'join') return join(c);
  if (membership === 'invite') return invite(c);
  if (membership === 'ban') return ban(c);
  return c.event.sender === c.event.state_key ? leave(c) : remove(c);
}

/** AUTH-6.1. Who is joined or invited may leave, or decline. */
function leave(c: Case): Fault | null {
  const now = membershipOf(c.view, c.event.sender);
  return c.demand(
    RULES.LEAVE,
    now === 'join' || now === 'invite',
    () => `is ${c.event.sender} joined or invited?`,
    () => now,
  );
}

/**
 * AUTH-6.2. One joins for oneself, AUTH-6.3. carrying the admitted root of one's server, AUTH-6.4. unless banned.
 * AUTH-6.5. A join that names a `stay` continues it: joined, the same stay. AUTH-6.6 is about new stays.
 */
function join(c: Case): Fault | null {
  const { event, view } = c;
  const { root, stay } = accepted(readMember(event));
  const server = serverOf(event.sender);
  const admitted = admissionOf(view, server);
  const now = membershipOf(view, event.sender);
  const refused =
    c.demand(
      RULES.MEMBER_OTHER,
      event.sender === event.state_key,
      () => 'does the sender join for himself?',
      () => `${event.sender} for ${event.state_key}`,
    ) ??
    c.demand(
      RULES.JOIN_ROOT,
      admitted !== undefined && root === admitted.root,
      () => `does the join carry the admitted root of ${server}?`,
      () => admitted?.root ?? 'it is not admitted',
    ) ??
    c.demand(
      RULES.BANNED,
      now !== 'ban',
      () => `is ${event.sender} free of a ban?`,
      () => now,
    );
  if (refused !== null) return refused;
  if (stay === undefined) return newStay(c, now);
  const present = stayOf(view, event.sender);
  return c.demand(
    RULES.JOIN_STAY,
    present !== undefined && present === stay,
    () => `does the join continue the present stay of ${event.sender}?`,
    () => (present === undefined ? `he is not joined (${now})` : present),
  );
}

/**
 * AUTH-6.6. A new stay needs: to be the owner, or joined already, or invited, or public join rules, or that somebody who may invite
 * vouches (`join_authorised_via`), his server signing too.
 */
function newStay(c: Case, now: string): Fault | null {
  const { event, view } = c;
  const by = (holds: boolean, reason: string): Fault | null =>
    c.demand(
      RULES.JOIN_INVITE,
      holds,
      () => `may ${event.sender} join?`,
      () => reason,
    );
  if (event.sender === ownerOf(view)) return by(true, 'the owner');
  if (now === 'join' || now === 'invite') return by(true, now);
  const rules = view.get(TYPES.JOIN_RULES);
  if (rules !== undefined && accepted(readJoinRules(rules)) === 'public') return by(true, 'public');
  const { via } = accepted(readMember(event));
  if (via === undefined) return by(false, 'neither invited, nor public, and nobody vouches');
  return by(vouches(c, via), `vouched for by ${via}, who must be a member who may invite, his server signing too`);
}

/** AUTH-6.6. Is `via` a member who may invite without a signature of his own, and did a key listed for his server sign the join? */
function vouches(c: Case, via: string): boolean {
  const { event, view } = c;
  if (membershipOf(view, via) !== 'join') return false;
  const keys = serverKeys(view, serverOf(via));
  if (!event.signed_by.slice(1).some((key) => keys.includes(key))) return false;
  if (view.isPlain) return userRank(view, via) >= levelNeeded(view, 'invite');
  return (unsignedBits(view, via) & BITS.CREATE_INVITE) !== 0n;
}

/**
 * Removing another: AUTH-6.8. who is joined, invited or banned. If banned it is an unban: it needs what a ban needs (AUTH-6.10), and it
 * names the ban in force. Else it is a kick (AUTH-6.9), and it names none (AUTH-6.12).
 */
function remove(c: Case): Fault | null {
  const { event, view } = c;
  const target = event.state_key ?? '';
  const now = membershipOf(view, target);
  const refused =
    c.demand(
      RULES.KICK_ABSENT,
      now !== 'leave',
      () => `is there anything to remove ${target} from?`,
      () => now,
    ) ?? actsOn(c, now === 'ban' ? 'ban' : 'kick');
  if (refused !== null) return refused;
  const inForce = now === 'ban' ? (view.get(TYPES.MEMBER, target) as RoomEvent).event_id : undefined;
  return c.demand(
    RULES.UNBAN_NAMES,
    accepted(readMember(event)).ban === inForce,
    () => 'does the event name the ban in force, and none if there is none?',
    () => inForce ?? 'no ban in force',
  );
}

/** AUTH-6.10. BAN_MEMBERS; AUTH-6.11. the target, member or not, ranks below the sender. */
function ban(c: Case): Fault | null {
  return actsOn(c, 'ban');
}

const POWERS = {
  kick: { rule: RULES.BIT_KICK, bit: BITS.KICK_MEMBERS },
  ban: { rule: RULES.BIT_BAN, bit: BITS.BAN_MEMBERS },
} as const;

/**
 * The sender is joined (AUTH-6.7), holds the power (a bit, or a plain room's level: AUTH-6.9, AUTH-6.10), and ranks above the target
 * (AUTH-6.11).
 */
function actsOn(c: Case, power: 'kick' | 'ban'): Fault | null {
  const { rule, bit } = POWERS[power];
  const target = c.event.state_key ?? '';
  return (
    joined(c) ??
    (c.view.isPlain ? demandLevel(c, rule, power) : c.demandBit(rule, bit)) ??
    c.demandBelow(RULES.RANK_TARGET, userRank(c.view, target), target)
  );
}

/** AUTH-6.13. A member who may invite, AUTH-6.14. invites somebody who is neither joined nor banned. */
function invite(c: Case): Fault | null {
  const target = c.event.state_key ?? '';
  const refused =
    joined(c) ?? (c.view.isPlain ? demandLevel(c, RULES.BIT_INVITE, 'invite') : c.demandBit(RULES.BIT_INVITE, BITS.CREATE_INVITE));
  if (refused !== null) return refused;
  const now = membershipOf(c.view, target);
  return c.demand(
    RULES.INVITE_TARGET,
    now !== 'join' && now !== 'ban',
    () => `is ${target} neither joined nor banned?`,
    () => now,
  );
}

/** AUTH-6.7. The sender is a member. */
export function joined(c: Case): Fault | null {
  const now = membershipOf(c.view, c.event.sender);
  return c.demand(
    RULES.NOT_JOINED,
    now === 'join',
    () => `is ${c.event.sender} a member?`,
    () => now,
  );
}
