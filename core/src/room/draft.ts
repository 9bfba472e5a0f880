import { authSelection } from '../auth/auth-selection.ts';
import { RULES } from '../auth/rule-ids.ts';
import { buildEvent } from '../event/build-event.ts';
import { checkCopy } from '../event/check-copy.ts';
import type { EventDraft, RoomEvent, UnverifiedCopy } from '../event/types.ts';
import { type Fault, type Result, fail, ok } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { type Internals, viewOf } from './internals.ts';
import type { CreateContext } from './types.ts';

/** A create event for a new room: it has nothing before it. `guildHeads`: the guild's frontier, for a channel. */
export function createEvent(
  draft: EventDraft,
  context: CreateContext,
  version: RoomVersion,
  guildHeads?: readonly string[],
): Result<UnverifiedCopy> {
  const fields = { ...draft, origin_ts: context.now, prev_events: [] };
  const event = buildEvent(
    guildHeads === undefined ? { ...fields, auth_events: [] } : { ...fields, guild_heads: guildHeads },
    version,
    context.signers,
  );
  return wholeCopy(event, version);
}

/** ENG-12. The next event of a room by this draft, citing everything this server follows. */
export function nextEvent(room: Internals, draft: EventDraft, context: CreateContext): Result<UnverifiedCopy> {
  const { limits } = room.version;
  const guildHeads = room.guild?.extremities ?? [];
  if (guildHeads.length > limits.maxGuildHeads) {
    return fail(RULES.GUILD_HEADS, `the guild has ${guildHeads.length} extremities; a merge comes first`);
  }
  const prev = citedExtremities(room, serverOf(draft.sender));
  const cosigners = context.cosigners ?? [];
  const fields = {
    ...draft,
    room_id: room.room_id,
    origin_ts: context.now,
    prev_events: prev,
    ...(cosigners.length > 0 ? { signed_by: [...context.signers.map((signer) => signer.key_id), ...cosigners] } : {}),
  };
  const event =
    room.guild === null
      ? buildEvent({ ...fields, auth_events: selectionFor(room, draft, context, prev) }, room.version, context.signers)
      : buildEvent({ ...fields, guild_heads: guildHeads }, room.version, context.signers);
  if (cosigners.length > 0) return ok({ event, signatures: [], servers: [] });
  return wholeCopy(event, room.version);
}

/** An event of our own is made whole or not at all: one that would have to be redacted to fit is refused. */
function wholeCopy(event: RoomEvent, version: RoomVersion): Result<UnverifiedCopy> {
  const copy = checkCopy(event.pdu, version);
  return copy.ok && copy.value.redactedFor !== undefined ? fail(copy.value.redactedFor.rule, copy.value.redactedFor.detail) : copy;
}

/**
 * All extremities, or, of too many, the server's own first: what it never cited again would count as unmerged branches of its own (ENG-14), and
 * in the end it could make no event any more.
 */
function citedExtremities(room: Internals, server: string): readonly string[] {
  const { maxPrevEvents } = room.version.limits;
  if (room.extremities.length <= maxPrevEvents) return room.extremities;
  const isOwn = new Map(room.workingSet.all(room.extremities).map(({ event }) => [event.event_id, serverOf(event.sender) === server]));
  const ordered = [...room.extremities.filter((id) => isOwn.get(id)), ...room.extremities.filter((id) => !isOwn.get(id))];
  return ordered.slice(0, maxPrevEvents).sort(utf8Compare);
}

/** The selection depends only on the draft and the state before it, so it is made before there is an event. */
function selectionFor(room: Internals, draft: EventDraft, context: CreateContext, prev: readonly string[]): string[] {
  const sketch: RoomEvent = {
    event_id: '',
    room_id: room.room_id,
    origin_ts: context.now,
    prev_events: prev,
    auth_events: [],
    guild_heads: [],
    signed_by: [...context.signers.map((signer) => signer.key_id), ...(context.cosigners ?? [])],
    pdu: {},
    redacted: false,
    state_key: undefined,
    ...draft,
  };
  return authSelection(sketch, viewOf(room, room.resolver.at(prev).state), room.kind);
}

export function refused(fault: Fault): {
  readonly outcome: { readonly kind: 'refused'; readonly fault: Fault };
  readonly event: null;
  readonly effects: null;
} {
  return { outcome: { kind: 'refused', fault: { rule: fault.rule, detail: fault.detail } }, event: null, effects: null };
}
