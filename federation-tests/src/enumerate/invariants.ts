import { type ModelEvent, isPower, serverPart } from '../model/event.ts';
import { concurrent, type Judged } from '../model/resolution.ts';
import { authorize } from '../model/rules.ts';
import { guildBits, held, keysOf, membership, rank } from '../model/standing.ts';
import { holderOf, isBan, type Judging, keyOfEvent, type Merged, mergedOf, rankedOver, standingAfter } from './merged.ts';
import { PEOPLE } from './base-guild.ts';

type Invariant = (merged: Merged) => string[];

/** What must hold of a merged guild however its state was computed, each as `name: what is wrong`. `ids`: the events after the base. */
export function brokenInvariants(judging: Judging, room: string, base: string, ids: readonly string[]): string[] {
  const merged = mergedOf(judging, room, base, ids);
  const broken: string[] = [];
  for (const [name, invariant] of Object.entries(INVARIANTS))
    for (const fault of invariant(merged)) broken.push(`${name}: ${ids.reduce((text, id, n) => text.replaceAll(id, `e${n}`), fault)}`);
  return broken;
}

const INVARIANTS: Readonly<Record<string, Invariant>> = {
  'bans-hold': bansHold,
  'granted-only': grantedOnly,
  'higher-not-undone': higherNotUndone,
  'no-key-vanishes': noKeyVanishes,
  'revoked-is-void': revokedIsVoid,
  'dropped-key-powerless': droppedKeyPowerless,
  'last-cut-is-final': lastCutIsFinal,
};

/** A ban is lost only by something after it on the same person, or by a concurrent power event above it or above what it rests on. */
function bansHold(m: Merged): string[] {
  return m.fresh.flatMap((ban) => {
    if (!isBan(ban) || membership(m.view, ban.event.stateKey ?? '') === 'ban') return [];
    const key = keyOfEvent(ban);
    const ended = m.fresh.some((other) => keyOfEvent(other) === key && other.past.has(ban.event.id) && !m.void.has(other.event.id));
    return ended || rankedOver(ban, m) ? [] : [`the ban ${ban.event.id} is lost`];
  });
}

/**
 * Whoever holds a role holds it by a grant in force. Nobody has bits or a rank that no state on the way had shown, save where role and grant were
 * merged and who gave it has the bits, or ranks above.
 */
function grantedOnly(m: Merged): string[] {
  const all = [...m.judging.records.values()].filter((one) => one.fault === null && one.event.room === m.room);
  return Object.values(PEOPLE).flatMap((user) => {
    const grant = m.judging.records.get(m.state.get(`m.guild.member_roles\n${user}`) ?? '');
    const found =
      held(m.view, user).length > 0 && grant !== undefined && m.void.has(grant.event.id) ? [`${user} holds roles by a void grant`] : [];
    const seen = all.map((one) => standingAfter(one, user, m));
    const givers = grant === undefined ? [] : giversOf(grant, m);
    const more = guildBits(m.view, user, true) & ~seen.reduce((bits, one) => bits | one.bits, 0n);
    if (more !== 0n && givers.every((giver) => (more & ~bitsOf(giver, m)) !== 0n)) found.push(`${user} has bits that nobody gave`);
    const now = rank(m.view, user);
    if (seen.every((one) => one.rank < now) && givers.every((giver) => rankOf(giver, m) <= now))
      found.push(`${user} has a rank that nobody gave`);
    return found;
  });
}

/**
 * Who gives what a role is worth: whoever granted it, and whoever edited it after that. The grant may have been void where he edited, and stand again where
 * what had undone it is void itself.
 */
function giversOf(grant: Judged, m: Merged): readonly Judged[] {
  const edit = m.judging.records.get(m.state.get('m.guild.authority\n') ?? '');
  return edit?.past.has(grant.event.id) === true ? [grant, edit] : [grant];
}

/** How he ranked when he gave, or ranks in the merged state: a role that was raised meanwhile may have been his to give nevertheless. */
function rankOf(given: Judged, m: Merged): number {
  return Math.max(given.rank, rank(m.view, given.event.sender));
}

/** What he held before he gave or holds in the merged state. */
function bitsOf(given: Judged, m: Merged): bigint {
  const { sender } = given.event;
  return guildBits(m.judging.viewOf(given.before), sender, true) | guildBits(m.view, sender, true);
}

/**
 * Of concurrent last events on one entry the lower-ranked never displaces the higher, and nothing is void but by what ranks above it, or above something
 * as high that it rests on. Intended: a ban beats other memberships; a chain carries the highest rank in it.
 */
function higherNotUndone(m: Merged): string[] {
  return m.fresh.flatMap((one) => {
    if (!isPower(one.event)) return [];
    if (m.void.has(one.event.id)) return rankedOver(one, m) ? [] : [`${one.event.id} has no effect, though nothing ranks above it`];
    const key = keyOfEvent(one);
    const holder = holderOf(m, key);
    if (holder === undefined || holder === one || !concurrent(holder, one) || holder.rank >= one.rank || isBan(holder)) return [];
    const standing = m.fresh.filter((other) => keyOfEvent(other) === key && !m.void.has(other.event.id));
    const newer = standing.some((other) => other.past.has(one.event.id));
    const carried = standing.some((other) => holder.past.has(other.event.id) && !one.past.has(other.event.id) && other.rank >= one.rank);
    return newer || carried ? [] : [`${one.event.id} is displaced by ${holder.event.id}, which ranks lower`];
  });
}

/** An entry that the base had is still there, perhaps with another value; so is one that some head has, unless all its events are void. */
function noKeyVanishes(m: Merged): string[] {
  const gone = (key: string): boolean => !m.state.has(key);
  const name = (key: string): string => key.replace('\n', ' ');
  const ofBase = [...m.judging.at(m.room, [m.base]).state.keys()].filter(gone).map((key) => `${name(key)} of the base is gone`);
  const ofHeads = m.heads.flatMap((head) =>
    [...m.judging.at(m.room, [head]).state.keys()].filter(
      (key) => gone(key) && !m.fresh.filter((one) => keyOfEvent(one) === key).every((one) => m.void.has(one.event.id)),
    ),
  );
  return [...ofBase, ...ofHeads.map((key) => `${name(key)} is gone`)];
}

/** What stands is still authorised when a concurrent power event of higher rank that is in force takes its place in the state before it. */
function revokedIsVoid(m: Merged): string[] {
  const inForce = m.fresh.filter((one) => one.event.stateKey !== undefined && m.state.get(keyOfEvent(one)) === one.event.id);
  return inForce.flatMap((one) =>
    inForce.flatMap((other) => {
      if (!isPower(other.event) || other.event.type === 'm.guild.member_roles' || !concurrent(other, one) || other.rank <= one.rank)
        return [];
      const view = m.judging.viewOf(one.before).with(new Map<string, ModelEvent>([[keyOfEvent(other), other.event]]));
      if (authorize(one.event, view, 'guild') === null) return [];
      // Then it was judged by what is left of its past.
      if ([...view.read].some((key) => m.void.has(one.before.get(key) ?? ''))) return [];
      return [`${one.event.id} stands although ${other.event.id} revokes it`];
    }),
  );
}

/** What a key signed has no effect if a concurrent statement in force, signed by a more trusted key, drops that key. */
function droppedKeyPowerless(m: Merged): string[] {
  return m.fresh.flatMap((statement) => {
    const { event } = statement;
    if (event.type !== 'm.server.keys' || m.state.get(keyOfEvent(statement)) !== event.id) return [];
    const before = keysOf(m.judging.viewOf(statement.before), serverPart(event.sender));
    const signer = event.signedBy[0] ?? '';
    const dropped = before.filter((key) => key !== signer && !(event.content['keys'] as string[]).includes(key));
    return m.fresh.flatMap((one) => {
      const by = one.event.signedBy[0] ?? '';
      if (one.event.stateKey === undefined || !concurrent(one, statement) || !dropped.includes(by) || m.void.has(one.event.id)) return [];
      if (one.event.type === 'm.server.keys' && before.indexOf(by) < before.indexOf(signer)) return [];
      return [`${one.event.id} stands, signed by a key that ${event.id} drops`];
    });
  });
}

/** What was void at an event that is before or after every other is void for ever, and nothing else before it. */
function lastCutIsFinal(m: Merged): string[] {
  const cut = m.fresh.findLast((one) => m.fresh.every((other) => !concurrent(one, other)));
  if (cut === undefined) return [];
  const then = m.judging.at(m.room, [cut.event.id]).void;
  const changed = [...cut.past, cut.event.id].find((id) => then.has(id) !== m.void.has(id));
  return changed === undefined ? [] : [`the verdict on ${changed} changes after ${cut.event.id}, which comes after it`];
}
