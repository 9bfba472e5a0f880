import type { Fault } from '../fault.ts';
import { AUTHORISER } from './auth-types.ts';
import { creatorsOf, INVITED, type MatrixCase } from './matrix-case.ts';
import { MX } from './rule-ids.ts';

/** MX-5.3. "If `membership` is `join`". */
export function join(c: MatrixCase): Fault | null {
  if (isFirstJoin(c)) return null;
  const membership = c.membershipOf('target');
  return (
    // MX-5.3.2. "If the `sender` does not match `state_key`, reject."
    c.demand(MX.JOIN_SENDER, c.isOwn, () => `${c.event.sender} for ${c.event.state_key}`) ??
    // MX-5.3.3. "If the `sender` is banned, reject."
    c.demand(MX.JOIN_BANNED, membership !== 'ban', () => `${c.event.sender} is ${membership}`) ??
    byJoinRule(c, membership)
  );
}

/**
 * MX-5.3.1. "If the only previous event is an `m.room.create` and the `state_key` is the creator, allow." From version 11 the creator is the create
 * event's sender; in version 12 the additional creators are not meant.
 */
function isFirstJoin(c: MatrixCase): boolean {
  const { create } = c;
  return create !== undefined && c.followsOnly(create) && creatorsOf(create, c.flags)[0] === c.event.state_key;
}

/** MX-5.3.4 to MX-5.3.7. */
function byJoinRule(c: MatrixCase, membership: string): Fault | null {
  const rule = c.joinRule;
  // MX-5.3.6. "If the `join_rule` is `public`, allow."
  if (rule === 'public') return null;
  // MX-5.3.4. "If the `join_rule` is `invite` or `knock` then allow if membership state is `invite` or `join`."
  if (rule === 'invite' || (rule === 'knock' && c.flags.knocking)) {
    return c.demand(MX.JOIN_INVITED, INVITED.has(membership), () => `${c.event.sender} is ${membership}, the join rule is ${rule}`);
  }
  if ((rule === 'restricted' && c.flags.restrictedJoins) || (rule === 'knock_restricted' && c.flags.knockRestricted)) {
    // MX-5.3.5. "If membership state is `join` or `invite`, allow."
    return INVITED.has(membership) ? null : authorised(c);
  }
  // MX-5.3.7. "Otherwise, reject."
  return c.demand(MX.JOIN_RULE, false, () => `the join rule is ${rule}`);
}

/**
 * MX-5.3.5. "If the `join_authorised_via_users_server` key in `content` is not a user with sufficient permission to invite other users, reject.
 * Otherwise, allow." Who may invite is joined and has the invite level.
 */
function authorised(c: MatrixCase): Fault | null {
  const authoriser = c.field(AUTHORISER);
  return c.demand(
    MX.JOIN_AUTHORISER,
    typeof authoriser === 'string' && c.membershipOf('authoriser') === 'join' && c.levelOf('authoriser') >= c.level('invite'),
    () => `${c.event.sender} is not invited, let in by ${JSON.stringify(authoriser)}`,
  );
}
