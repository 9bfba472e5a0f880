import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import { AUTHORISER, signedOf } from './auth-types.ts';
import { INVITED, type MatrixCase } from './matrix-case.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { isMatrixUserId } from './matrix-user-id.ts';
import { MX } from './rule-ids.ts';
import { join } from './rules-join.ts';
import { thirdPartyInviteChecks } from './third-party-invite.ts';

/** MX-5. "If type is `m.room.member`". */
export function member(c: MatrixCase): Fault | null {
  const { membership } = c;
  const bad = memberShape(c) ?? authoriserSignature(c);
  if (bad !== null) return bad;
  switch (membership) {
    case 'join':
      return join(c);
    case 'invite':
      return invite(c);
    case 'leave':
      return leave(c);
    case 'ban':
      return ban(c);
    default:
      return membership === 'knock' && c.flags.knocking ? knock(c) : unknown(c);
  }
}

/** MX-5.1. "If there is no `state_key` property, or no `membership` property in `content`, reject." What is no user ID is nobody's membership. */
function memberShape(c: MatrixCase): Fault | null {
  return c.demand(
    MX.MEMBER_SHAPE,
    c.hasUserKey && c.membership !== undefined,
    () => `state key ${c.event.state_key}, membership ${JSON.stringify(c.field('membership'))}`,
  );
}

/**
 * MX-5.2. From version 8: "If `content` has a `join_authorised_via_users_server` key: If the event is not validly signed by the homeserver of the user ID
 * denoted by the key, reject." What is no user ID denotes nobody. Asked of joins alone, as MXB-17 asks for the signature and as other implementations do.
 */
function authoriserSignature(c: MatrixCase): Fault | null {
  if (!c.flags.restrictedJoins || c.context.isAccepted || c.membership !== 'join') return null;
  const authoriser = c.field(AUTHORISER);
  if (authoriser === undefined) return null;
  return c.demand(
    MX.MEMBER_AUTHORISER_SIGNATURE,
    typeof authoriser === 'string' && isMatrixUserId(authoriser) && c.context.isSignedBy(c.event, serverOf(authoriser)),
    () => `signed by the server of ${JSON.stringify(authoriser)}`,
  );
}

/** MX-5.4. "If `membership` is `invite`". */
function invite(c: MatrixCase): Fault | null {
  if (c.isByThirdParty) return thirdPartyInvite(c);
  return senderJoined(c, MX.INVITE_SENDER) ?? inviteTarget(c) ?? inviteLevel(c, MX.INVITE_LEVEL);
}

/** MX-5.4.1. "If `content` has a `third_party_invite` property: ... If any signature in `signed` matches any public key ..., allow. Otherwise, reject." */
function thirdPartyInvite(c: MatrixCase): Fault | null {
  // MX-5.4.1.1. "If target user is banned, reject."
  const banned = c.demand(
    MX.INVITE_THIRD_BANNED,
    c.membershipOf('target') !== 'ban',
    () => `${c.event.state_key} is ${c.membershipOf('target')}`,
  );
  if (banned !== null) return banned;
  // MX-5.4.1.2. "If `content.third_party_invite` does not have a `signed` property, reject."
  const signed = signedOf(c.event);
  if (signed === undefined) return c.demand(MX.INVITE_THIRD_SIGNED, false, () => 'third_party_invite.signed is no object');
  // MX-5.4.1.3. "If `signed` does not have `mxid` and `token` properties, reject."
  const [mxid, token] = [signed['mxid'], signed['token']];
  if (typeof mxid !== 'string' || typeof token !== 'string') {
    return c.demand(MX.INVITE_THIRD_FIELDS, false, () => 'signed has no mxid or no token');
  }
  // MX-5.4.1.5. "If there is no `m.room.third_party_invite` event in the current room state with `state_key` matching `token`, reject."
  const invitation = c.lookup(MATRIX_TYPES.THIRD_PARTY_INVITE, token);
  return (
    // MX-5.4.1.4. "If `mxid` does not match `state_key`, reject."
    c.demand(MX.INVITE_THIRD_MXID, mxid === c.event.state_key, () => `${mxid} is signed, ${c.event.state_key} is invited`) ??
    c.demand(MX.INVITE_THIRD_TOKEN, invitation !== undefined, () => 'the invitation of the token is in the state') ??
    // MX-5.4.1.6. "If `sender` does not match `sender` of the `m.room.third_party_invite`, reject."
    c.demand(MX.INVITE_THIRD_SENDER, invitation?.sender === c.event.sender, () => `the invitation is of ${invitation?.sender}`) ??
    // MX-5.4.1.7. "If any signature in `signed` matches any public key in the `m.room.third_party_invite` event, allow."
    c.demand(
      MX.INVITE_THIRD_SIGNATURE,
      invitation !== undefined && thirdPartyInviteChecks(c.event, invitation).some((check) => c.context.isValid(check)),
      () => 'a signature fits a key of the invitation',
    )
  );
}

/** MX-5.4.3. "If target user's current membership state is `join` or `ban`, reject." */
function inviteTarget(c: MatrixCase): Fault | null {
  const membership = c.membershipOf('target');
  return c.demand(MX.INVITE_TARGET, membership !== 'join' && membership !== 'ban', () => `${c.event.state_key} is ${membership}`);
}

/** MX-5.4.4, MX-7.1. "If the `sender`'s power level is greater than or equal to the invite level, allow." */
export function inviteLevel(c: MatrixCase, rule: string): Fault | null {
  const mine = c.levelOf('sender');
  return c.demand(rule, mine >= c.level('invite'), () => `${mine} against invite ${c.level('invite')}`);
}

/** MX-5.5. "If `membership` is `leave`". */
function leave(c: MatrixCase): Fault | null {
  if (c.isOwn) return leaveOwn(c);
  return senderJoined(c, MX.LEAVE_SENDER) ?? leaveUnban(c) ?? overTarget(c, 'kick', MX.LEAVE_KICK);
}

/** MX-5.5.1. "If the `sender` matches `state_key`, allow if and only if that user's current membership state is `invite`, `join`, or `knock`." */
function leaveOwn(c: MatrixCase): Fault | null {
  const membership = c.membershipOf('target');
  return c.demand(
    MX.LEAVE_OWN,
    INVITED.has(membership) || (c.flags.knocking && membership === 'knock'),
    () => `${c.event.state_key} is ${membership}`,
  );
}

/** MX-5.5.3. "If the target user's current membership state is `ban`, and the `sender`'s power level is less than the ban level, reject." */
function leaveUnban(c: MatrixCase): Fault | null {
  const mine = c.levelOf('sender');
  return c.demand(
    MX.LEAVE_UNBAN,
    c.membershipOf('target') !== 'ban' || mine >= c.level('ban'),
    () => `${c.event.state_key} is ${c.membershipOf('target')}; ${mine} against ban ${c.level('ban')}`,
  );
}

/** MX-5.6. "If `membership` is `ban`". */
function ban(c: MatrixCase): Fault | null {
  return senderJoined(c, MX.BAN_SENDER) ?? overTarget(c, 'ban', MX.BAN_LEVEL);
}

/**
 * MX-5.5.4, MX-5.6.2. "If the `sender`'s power level is greater than or equal to the kick (ban) level, and the target user's power level is less than
 * the `sender`'s power level, allow."
 */
function overTarget(c: MatrixCase, field: 'kick' | 'ban', rule: string): Fault | null {
  const mine = c.levelOf('sender');
  const theirs = c.levelOf('target');
  return c.demand(
    rule,
    mine >= c.level(field) && theirs < mine,
    () => `${mine} against ${field} ${c.level(field)} and ${theirs} of ${c.event.state_key}`,
  );
}

/** MX-5.4.2, MX-5.5.2, MX-5.6.1. "If the `sender`'s current membership state is not `join`, reject." */
function senderJoined(c: MatrixCase, rule: string): Fault | null {
  const membership = c.membershipOf('sender');
  return c.demand(rule, membership === 'join', () => `${c.event.sender} is ${membership}`);
}

/** MX-5.7. From version 7: "If `membership` is `knock`". */
function knock(c: MatrixCase): Fault | null {
  const rule = c.joinRule;
  const membership = c.membershipOf('sender');
  return (
    // MX-5.7.1. "If the `join_rule` is anything other than `knock` or `knock_restricted`, reject."
    c.demand(
      MX.KNOCK_RULE,
      rule === 'knock' || (c.flags.knockRestricted && rule === 'knock_restricted'),
      () => `the join rule is ${rule}`,
    ) ??
    // MX-5.7.2. "If `sender` does not match `state_key`, reject."
    c.demand(MX.KNOCK_SENDER, c.isOwn, () => `${c.event.sender} for ${c.event.state_key}`) ??
    // MX-5.7.3. "If the `sender`'s current membership is not `ban`, `invite`, or `join`, allow."
    c.demand(MX.KNOCK_MEMBERSHIP, membership !== 'ban' && !INVITED.has(membership), () => `${c.event.state_key} is ${membership}`)
  );
}

/** MX-5.8. "Otherwise, the membership is unknown. Reject." */
function unknown(c: MatrixCase): Fault | null {
  return c.demand(MX.MEMBER_UNKNOWN, false, () => `membership ${JSON.stringify(c.field('membership'))}`);
}
