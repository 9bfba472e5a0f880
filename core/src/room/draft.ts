import { matrixAuthTypes } from '../auth-matrix/auth-types.ts';
import { authSelection } from '../auth/auth-selection.ts';
import { RULES } from '../auth/rule-ids.ts';
import { builtEvent } from '../event/build-event.ts';
import { checkBuilt } from '../event/check-copy.ts';
import type { EventDraft, EventFields, RoomEvent, UnverifiedCopy } from '../event/types.ts';
import { type Fault, type Result, fail, ok } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import type { RoomVersion } from '../version/room-version.ts';
import type { StateMap } from '../state/state-map.ts';
import { type Internals, viewOf } from './internals.ts';
import type { CreateContext } from './types.ts';

/**
 * A create event for a new room: it has nothing before it. `guildHeads`: the guild's frontier, for a channel. Matrix versions before 12: the room's ID is
 * `context.room_id`.
 */
export function createEvent(
  draft: EventDraft,
  context: CreateContext,
  version: RoomVersion,
  guildHeads?: readonly string[],
): Result<UnverifiedCopy> {
  const named = context.room_id === undefined ? {} : { room_id: context.room_id };
  const fields = { ...draft, ...named, ...(version.authority === 'native' ? {} : { depth: 1 }), origin_ts: context.now, prev_events: [] };
  const built = builtEvent(
    guildHeads === undefined ? { ...fields, auth_events: [] } : { ...fields, guild_heads: guildHeads },
    version,
    context.signers,
  );
  return checkBuilt(built, version);
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
  const cites = room.guild === null ? authFields(room, draft, context, prev) : { guild_heads: guildHeads };
  const built = builtEvent({ ...fields, ...cites }, room.version, context.signers);
  if (cosigners.length > 0) return ok({ event: built.event, signatures: [], servers: [] });
  return checkBuilt(built, room.version);
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

/** What an event of a room without a guild cites; in Matrix versions also its depth. It depends only on the draft and the state before it, so it is found before there is an event. */
function authFields(
  room: Internals,
  draft: EventDraft,
  context: CreateContext,
  prev: readonly string[],
): Pick<EventFields, 'auth_events' | 'depth'> {
  const sketch = sketchOf(room, draft, context, prev);
  const { state } = room.resolver.at(prev);
  const { authority } = room.version;
  if (authority === 'native') return { auth_events: authSelection(sketch, viewOf(room, state), room.kind) };
  return { auth_events: matrixSelection(sketch, state, authority), depth: depthAfter(room, prev) };
}

/** MX-3.2: what the selection names, where the state has it. */
function matrixSelection(sketch: RoomEvent, state: StateMap, flags: MatrixAuthFlags): string[] {
  return matrixAuthTypes(sketch, flags).flatMap(([type, stateKey]) => state.get(type, stateKey) ?? []);
}

/** MXB, "Building an event": one more than the greatest of the predecessors, which they say themselves; no more than there is (MXB-9). */
function depthAfter(room: Internals, prev: readonly string[]): number {
  const depths = room.workingSet.all(prev).map(({ event }) => event.pdu['depth'] as number);
  return Math.min(Math.max(...depths) + 1, Number.MAX_SAFE_INTEGER);
}

function sketchOf(room: Internals, draft: EventDraft, context: CreateContext, prev: readonly string[]): RoomEvent {
  return {
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
}

export function refused(fault: Fault): {
  readonly outcome: { readonly kind: 'refused'; readonly fault: Fault };
  readonly event: null;
  readonly effects: null;
} {
  return { outcome: { kind: 'refused', fault: { rule: fault.rule, detail: fault.detail } }, event: null, effects: null };
}
