import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { EventCase } from './event-case.ts';
import type { MatrixAuthContext, MatrixAuthStep, MatrixCase, MatrixLookup } from './matrix-case.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { MX } from './rule-ids.ts';
import { type CitedEvent, checkAuthEventsList } from './rules-auth-events.ts';
import { create } from './rules-create.ts';
import { inviteLevel, member } from './rules-member.ts';
import { powerLevels } from './rules-power-levels.ts';

/**
 * MX-1, MX-3, MX-4.1 to MX-12.1. May this event of a Matrix room stand by the events that it cites? Null: yes. Else the first rule that it breaks.
 *
 * The first of two judgements; the second is `authorizeMatrix` by the state before the event. `cited`: see `checkAuthEventsList`.
 */
export function authorizeByAuthEvents(
  event: RoomEvent,
  cited: readonly CitedEvent[],
  flags: MatrixAuthFlags,
  context: MatrixAuthContext,
  trace?: MatrixAuthStep[],
): Fault | null {
  // The list is short. Of two with one key the later counts, until the list is checked.
  const lookup: MatrixLookup = (type, stateKey) =>
    cited.findLast((one) => one.event.type === type && (one.event.state_key ?? '') === stateKey)?.event;
  if (event.type === MATRIX_TYPES.CREATE) return create(new EventCase(event, lookup, flags, context, trace));
  // Rule 2 comes before the list: what cites events of another room because it names no room breaks this one.
  const stray = flags.roomNamedBy === 'room-id' ? created(new EventCase(event, lookup, flags, context, undefined)) : null;
  return stray ?? checkAuthEventsList(event, cited, flags) ?? authorizeMatrix(event, lookup, flags, context, trace);
}

/**
 * May this event of a Matrix room stand in a state? Null: yes. Else the first rule that it breaks.
 *
 * Every rule that asks anything of a state; a create event asks nothing (`authorizeByAuthEvents` has its rules). Pure; the content may be anything
 * at all, the event's format must have been checked. `lookup` is asked for entries of `matrixAuthTypes` and the create event only. `trace`, if given,
 * gets every question that was asked.
 */
export function authorizeMatrix(
  event: RoomEvent,
  lookup: MatrixLookup,
  flags: MatrixAuthFlags,
  context: MatrixAuthContext,
  trace?: MatrixAuthStep[],
): Fault | null {
  return authorizeCase(new EventCase(event, lookup, flags, context, trace));
}

/** The same, of a case however it is answered. */
export function authorizeCase(c: MatrixCase): Fault | null {
  const { type } = c;
  if (type === MATRIX_TYPES.CREATE) return null;
  const stray = created(c) ?? federate(c);
  if (stray !== null) return stray;
  if (type === MATRIX_TYPES.ALIASES && c.flags.aliasesOfServers) return aliases(c);
  if (type === MATRIX_TYPES.MEMBER) return member(c);
  const stranger = joined(c);
  if (stranger !== null) return stranger;
  // MX-7.1. "Allow if and only if `sender`'s current power level is greater than or equal to the invite level."
  if (type === MATRIX_TYPES.THIRD_PARTY_INVITE) return inviteLevel(c, MX.THIRD_PARTY_INVITE);
  const lacking = requiredLevel(c) ?? stateKey(c);
  if (lacking !== null) return lacking;
  return type === MATRIX_TYPES.POWER_LEVELS ? powerLevels(c) : null;
}

/**
 * MX-2.1. From version 12: "If the event's `room_id` is not an event ID for an accepted (not rejected) `m.room.create` event, with the sigil `!` instead of `$`,
 * reject." Before, a state without a create event authorises nothing (MX-3.4).
 */
function created(c: MatrixCase): Fault | null {
  const { create: first } = c;
  if (c.flags.roomNamedBy !== 'room-id') return c.demand(MX.AUTH_NO_CREATE, first !== undefined, () => 'the state has a create event');
  return c.demand(
    MX.ROOM_OF_CREATE,
    first !== undefined && c.isInRoomOf(first),
    () => `${c.event.room_id} was created by ${first?.event_id ?? 'nothing'}`,
  );
}

/**
 * MX-4.1. "If the `content` of the `m.room.create` event in the room state has the property `m.federate` set to `false`, and the `sender` domain of the event does
 * not match the `sender` domain of the create event, reject." Anything but `true` counts as `false`.
 */
function federate(c: MatrixCase): Fault | null {
  if (c.create === undefined || !Object.hasOwn(c.create.content, 'm.federate')) return null;
  return c.demand(
    MX.FEDERATE,
    c.create.content['m.federate'] === true || serverOf(c.create.sender) === c.senderServer,
    () => `a room of ${c.create?.sender} alone, the sender is ${c.event.sender}`,
  );
}

/** MX-12.1. Until version 5: "If type is `m.room.aliases`: If event has no `state_key`, reject. If sender's domain doesn't matches `state_key`, reject. Otherwise, allow." */
function aliases(c: MatrixCase): Fault | null {
  return c.demand(MX.ALIASES, c.event.state_key === c.senderServer, () => `state key ${c.event.state_key}, sender ${c.event.sender}`);
}

/** MX-6.1. "If the `sender`'s current membership state is not `join`, reject." */
function joined(c: MatrixCase): Fault | null {
  const membership = c.membershipOf('sender');
  return c.demand(MX.SENDER_JOINED, membership === 'join', () => `${c.event.sender} is ${membership}`);
}

/** MX-8.1. "If the event type's required power level is greater than the `sender`'s power level, reject." */
function requiredLevel(c: MatrixCase): Fault | null {
  const mine = c.levelOf('sender');
  return c.demand(MX.REQUIRED_LEVEL, c.requiredLevel <= mine, () => `${c.event.type} needs ${c.requiredLevel}, the sender has ${mine}`);
}

/** MX-9.1. "If the event has a `state_key` that starts with an `@` and does not match the `sender`, reject." */
function stateKey(c: MatrixCase): Fault | null {
  return c.demand(MX.STATE_KEY, !c.isOfAnotherUser, () => `state key ${c.event.state_key}, sender ${c.event.sender}`);
}
