import { domainOf, isObject, isUser, type Lookup, type MatrixEvent, membershipOf, own } from './event.ts';
import { creatorOf, type Levels } from './levels.ts';
import type { RuleContext } from './rule-context.ts';
import { isVouchedFor } from './third-party.ts';

interface Around {
  readonly lookup: Lookup;
  readonly create: MatrixEvent;
  readonly levels: Levels;
  readonly context: RuleContext;
}

/** MX-5 */
export function memberRule(e: MatrixEvent, around: Around): string | null {
  const membership = own(e.content, 'membership');
  if (typeof membership !== 'string' || !isUser(e.stateKey)) return 'MX-5.1';
  if (membership === 'join') return unsignedJoin(e, around) ?? joinRule(e, e.stateKey, around);
  if (membership === 'invite') return inviteRule(e, e.stateKey, around);
  if (membership === 'leave') return leaveRule(e, e.stateKey, around);
  if (membership === 'ban') return banRule(e, e.stateKey, around);
  if (membership === 'knock' && around.context.version >= 7) return knockRule(e, e.stateKey, around);
  return 'MX-5.8';
}

/** MX-5.2 */
function unsignedJoin({ content, isSignedBy }: MatrixEvent, { context }: Around): string | null {
  const via = own(content, 'join_authorised_via_users_server');
  if (context.version < 8 || via === undefined) return null;
  return isUser(via) && isSignedBy(domainOf(via)) ? null : 'MX-5.2';
}

/** What the room says about joining. Without saying anything: `invite`. */
function joinRuleOf(lookup: Lookup): unknown {
  return own(lookup('m.room.join_rules', '')?.content, 'join_rule') ?? 'invite';
}

/** MX-5.3 */
function joinRule({ sender, prev, content }: MatrixEvent, target: string, { lookup, create, levels, context }: Around): string | null {
  const { version } = context;
  if (prev.length === 1 && prev[0] === create.id && creatorOf(create, version) === target) return null;
  if (sender !== target) return 'MX-5.3.2';
  const now = membershipOf(lookup, target);
  if (now === 'ban') return 'MX-5.3.3';
  const isIn = now === 'invite' || now === 'join';
  const rule = joinRuleOf(lookup);
  if (rule === 'invite' || (rule === 'knock' && version >= 7)) return isIn ? null : 'MX-5.3.4';
  if ((rule === 'restricted' && version >= 8) || (rule === 'knock_restricted' && version >= 10)) {
    const via = own(content, 'join_authorised_via_users_server');
    const mayInvite = isUser(via) && membershipOf(lookup, via) === 'join' && levels.ofUser(via) >= levels.field('invite');
    return isIn || mayInvite ? null : 'MX-5.3.5';
  }
  return rule === 'public' ? null : 'MX-5.3.7';
}

/** MX-5.4 */
function inviteRule(e: MatrixEvent, target: string, { lookup, levels, context }: Around): string | null {
  const { sender, content } = e;
  const now = membershipOf(lookup, target);
  const third = own(content, 'third_party_invite');
  if (third !== undefined) {
    if (now === 'ban') return 'MX-5.4.1.1';
    const signed = isObject(third) ? own(third, 'signed') : undefined;
    if (!isObject(signed)) return 'MX-5.4.1.2';
    const [mxid, token] = [own(signed, 'mxid'), own(signed, 'token')];
    if (typeof mxid !== 'string' || typeof token !== 'string') return 'MX-5.4.1.3';
    if (mxid !== target) return 'MX-5.4.1.4';
    const invitation = lookup('m.room.third_party_invite', token);
    if (invitation === undefined) return 'MX-5.4.1.5';
    if (invitation.sender !== sender) return 'MX-5.4.1.6';
    return isVouchedFor(signed, invitation.content, context.verify) ? null : 'MX-5.4.1.7';
  }
  if (membershipOf(lookup, sender) !== 'join') return 'MX-5.4.2';
  if (now === 'join' || now === 'ban') return 'MX-5.4.3';
  return levels.ofUser(sender) >= levels.field('invite') ? null : 'MX-5.4.4';
}

/** MX-5.5 */
function leaveRule({ sender }: MatrixEvent, target: string, { lookup, levels, context }: Around): string | null {
  const now = membershipOf(lookup, target);
  if (sender === target) {
    const mayGo = now === 'invite' || now === 'join' || (now === 'knock' && context.version >= 7);
    return mayGo ? null : 'MX-5.5.1';
  }
  if (membershipOf(lookup, sender) !== 'join') return 'MX-5.5.2';
  const mine = levels.ofUser(sender);
  if (now === 'ban' && mine < levels.field('ban')) return 'MX-5.5.3';
  return mine >= levels.field('kick') && levels.ofUser(target) < mine ? null : 'MX-5.5.4';
}

/** MX-5.6 */
function banRule({ sender }: MatrixEvent, target: string, { lookup, levels }: Around): string | null {
  if (membershipOf(lookup, sender) !== 'join') return 'MX-5.6.1';
  const mine = levels.ofUser(sender);
  return mine >= levels.field('ban') && levels.ofUser(target) < mine ? null : 'MX-5.6.2';
}

/** MX-5.7 */
function knockRule({ sender }: MatrixEvent, target: string, { lookup, context }: Around): string | null {
  const rule = joinRuleOf(lookup);
  if (rule !== 'knock' && !(rule === 'knock_restricted' && context.version >= 10)) return 'MX-5.7.1';
  if (sender !== target) return 'MX-5.7.2';
  const now = membershipOf(lookup, target);
  return now === 'ban' || now === 'invite' || now === 'join' ? 'MX-5.7.3' : null;
}
