import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { isBareServer } from '../identifiers.ts';
import { type AuthContext, type AuthTrace, Case } from './case.ts';
import { isCreate } from './event-types.ts';
import { RULES } from './rule-ids.ts';
import { channel } from './rules-channel.ts';
import { create } from './rules-create.ts';
import { guild } from './rules-guild.ts';
import { plain } from './rules-plain.ts';
import { signingKey } from './rules-servers.ts';
import type { StateView } from './state-view.ts';

const RULES_OF_KIND = { guild, channel, plain } as const;

/**
 * May this event stand, given the state it is judged by? Null: yes. Else the first rule that it breaks.
 *
 * `view`: the state before the event; for a channel event the guild's state at its guild heads. Pure; the content may be anything at all,
 * the event's format must have been checked. `trace`, if given, gets every question that was asked.
 */
export function authorize(event: RoomEvent, view: StateView, context: AuthContext, trace?: AuthTrace): Fault | null {
  const c = new Case(event, view, context, trace);
  if (isCreate(event) && context.kind !== 'channel') return create(c);
  return createFirst(c) ?? signingKey(c, isBareServer(event.sender)) ?? RULES_OF_KIND[context.kind](c);
}

/** AUTH-1.1. Every event but the first is judged by a state that begins with a create event. */
function createFirst(c: Case): Fault | null {
  return c.demand(
    RULES.CREATE_FIRST,
    c.view.create !== undefined,
    () => 'has the room been created?',
    () => c.view.create?.event_id ?? 'there is no create event',
  );
}
