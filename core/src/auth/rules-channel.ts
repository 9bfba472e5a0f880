import type { Fault } from '../fault.ts';
import type { Case } from './case.ts';
import { accepted, readChannelCreate } from './content.ts';
import { TYPES } from './event-types.ts';
import { BITS } from './permission-bits.ts';
import { RULES } from './rule-ids.ts';
import { demandListed } from './rules-guild.ts';
import { joined } from './rules-membership.ts';

interface ChannelType {
  readonly needs: bigint;
  readonly state: boolean;
}

/** AUTH-1.6, AUTH-8.2. The types that a channel takes, and the permission that each needs beside VIEW_CHANNEL. */
const CHANNEL_TYPES: ReadonlyMap<string, ChannelType> = new Map([
  ['m.room.message', { needs: BITS.SEND_MESSAGES, state: false }],
  ['m.reaction', { needs: BITS.SEND_MESSAGES, state: false }],
  ['m.room.redaction', { needs: BITS.SEND_MESSAGES, state: false }],
  ['m.channel.pins', { needs: BITS.MANAGE_MESSAGES, state: true }],
  ['m.channel.name', { needs: BITS.MANAGE_CHANNELS, state: true }],
  ['m.channel.topic', { needs: BITS.MANAGE_CHANNELS, state: true }],
]);

/**
 * Events of a channel, judged by the guild's state at their guild heads: a listed channel (AUTH-7.9), a member (AUTH-6.7) who may view it
 * (AUTH-8.1) and has the permission of the type (AUTH-8.2). A merge needs a listed key and a listed channel. Whether a redaction takes
 * effect, that is whether its target is the sender's own or he has MANAGE_MESSAGES, is not an auth rule.
 */
export function channel(c: Case): Fault | null {
  const { event } = c;
  if (event.type === TYPES.CREATE_CHANNEL) return channelCreate(c);
  const unlisted = demandListed(c, event.room_id);
  if (unlisted !== null) return unlisted;
  const type = CHANNEL_TYPES.get(event.type);
  const isMerge = event.type === TYPES.MERGE && event.state_key === undefined;
  const taken = c.demand(
    RULES.TYPE,
    isMerge || (type !== undefined && event.state_key === (type.state ? '' : undefined)),
    () =>
      `does a channel take ${event.type} as ${event.state_key === undefined ? 'a message' : `state with key ${JSON.stringify(event.state_key)}`}?`,
    () => 'a channel takes conversation and what it is called',
  );
  if (taken !== null || type === undefined) return taken;
  return (
    joined(c) ??
    c.demandBit(RULES.BIT_VIEW_CHANNEL, BITS.VIEW_CHANNEL, event.room_id) ??
    c.demandBit(RULES.BIT_CHANNEL, type.needs, event.room_id)
  );
}

/**
 * AUTH-1.7. A channel is created for the guild by whose state it is judged, AUTH-6.7. by a member, AUTH-7.11. with MANAGE_CHANNELS in the
 * guild.
 */
function channelCreate(c: Case): Fault | null {
  const malformed = c.shape(readChannelCreate(c.event));
  if (malformed !== null) return malformed;
  const { guild } = accepted(readChannelCreate(c.event));
  return (
    c.demand(
      RULES.CHANNEL_GUILD,
      guild === c.view.origin.room_id,
      () => `is ${guild} the guild whose heads the event cites?`,
      () => c.view.origin.room_id,
    ) ??
    joined(c) ??
    c.demandBit(RULES.BIT_MANAGE_CHANNELS, BITS.MANAGE_CHANNELS)
  );
}
