import {
  actingBits,
  effectivePermissions,
  heldRoles,
  isListed,
  membershipOf,
  serverKeys,
  serverOf,
  type StateView,
  stayOf,
} from '@openguild/core';
import { channelBits, guildBits, held, isSigned, keysOf, listed, membership, rank, stay } from '../model/standing.ts';
import { modelEvent } from '../model/from-event.ts';
import type { View } from '../model/event.ts';
import { UNMADE } from './unmade.ts';

/** What both say. */
export interface StandingFault {
  readonly engine: string;
  readonly model: string;
}

/** AUTH-4: what a state says about somebody, in the room and in its channels, by engine and model; null: the same. */
export function standingFault(view: StateView, own: View, user: string, channels: readonly string[]): StandingFault | null {
  const parting = (what: string, engine: unknown, model: unknown): StandingFault | null =>
    String(engine) === String(model) ? null : { engine: `${what} of ${user}: ${String(engine)}`, model: String(model) };
  const server = serverOf(user);
  const first =
    parting('membership', membershipOf(view, user), membership(own, user)) ??
    parting('stay', stayOf(view, user), stay(own, user)) ??
    parting('roles', heldRoles(view, user), held(own, user)) ??
    parting('rank', effectivePermissions(view, user).rank, rank(own, user)) ??
    parting('keys', serverKeys(view, server), keysOf(own, server));
  if (first !== null || view.isPlain) return first;
  const event = { ...UNMADE, sender: user };
  const signed = isSigned(
    own,
    modelEvent(event, () => false),
  );
  for (const channel of [undefined, ...channels]) {
    const bits = (by: boolean): bigint => (channel === undefined ? guildBits(own, user, by) : channelBits(own, user, channel, by));
    const fault =
      parting(`permissions in ${channel ?? 'the guild'}`, effectivePermissions(view, user, channel).bits, bits(true)) ??
      parting(`permissions in ${channel ?? 'the guild'}, unsigned,`, actingBits(view, event, channel), bits(signed)) ??
      (channel === undefined ? null : parting(`listing of ${channel}, asked`, isListed(view, channel), listed(own, channel)));
    if (fault !== null) return fault;
  }
  return null;
}
