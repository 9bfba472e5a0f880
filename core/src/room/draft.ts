import { authSelection } from '../auth/auth-selection.ts';
import { RULES } from '../auth/rule-ids.ts';
import { buildEvent } from '../event/build-event.ts';
import { checkCopy } from '../event/check-copy.ts';
import type { EventDraft, RoomEvent, UnverifiedCopy } from '../event/types.ts';
import { type Fault, type Result, fail, ok } from '../fault.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { governingView, type Internals } from './internals.ts';
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
  return checkCopy(event.pdu, version);
}

/** ENG-12. The next event of a room by this draft, citing everything this server follows. */
export function nextEvent(room: Internals, draft: EventDraft, context: CreateContext): Result<UnverifiedCopy> {
  const { limits } = room.version;
  const guildHeads = room.guild?.extremities ?? [];
  if (guildHeads.length > limits.maxGuildHeads) {
    return fail(RULES.GUILD_HEADS, `the guild has ${guildHeads.length} extremities; a merge comes first`);
  }
  const prev = room.extremities.slice(0, limits.maxPrevEvents);
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
      ? buildEvent({ ...fields, auth_events: selectionFor(room, draft, context) }, room.version, context.signers)
      : buildEvent({ ...fields, guild_heads: guildHeads }, room.version, context.signers);
  if (cosigners.length > 0) return ok({ event, signatures: [] });
  return checkCopy(event.pdu, room.version);
}

/** The selection depends only on what the draft says, so it is made before there is an event. */
function selectionFor(room: Internals, draft: EventDraft, context: CreateContext): string[] {
  const sketch: RoomEvent = {
    event_id: '',
    room_id: room.room_id,
    origin_ts: context.now,
    prev_events: room.extremities,
    auth_events: [],
    guild_heads: [],
    signed_by: [...context.signers.map((signer) => signer.key_id), ...(context.cosigners ?? [])],
    pdu: {},
    redacted: false,
    state_key: undefined,
    ...draft,
  };
  return authSelection(sketch, governingView(room), room.kind);
}

export function refused(fault: Fault): {
  readonly outcome: { readonly kind: 'refused'; readonly fault: Fault };
  readonly event: null;
  readonly effects: null;
} {
  return { outcome: { kind: 'refused', fault: { rule: fault.rule, detail: fault.detail } }, event: null, effects: null };
}
