import { createHash } from 'node:crypto';
import type { JsonObject } from '@openguild/core';
import type { PendingInvite } from '@openguild/storage';
import type { Limits } from '../config/limits.ts';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import type { EventStream } from './event-stream.ts';
import type { Feed, FeedItem, FeedPage } from './feed.ts';
import type { GuildState } from './guild-state.ts';
import type { Invites } from './invites.ts';
import type { Memberships } from './memberships.ts';
import type { Messages } from './messages.ts';
import type { Rooms } from './rooms.ts';

export interface SyncParts {
  readonly feed: Feed;
  readonly stream: EventStream;
  readonly guildState: GuildState;
  readonly memberships: Memberships;
  readonly messages: Messages;
  readonly invites: Invites;
  readonly rooms: Rooms;
  readonly platform: Platform;
  readonly limits: Limits;
}

export interface SyncAnswer extends JsonObject {
  readonly next: string;
  readonly guilds: Readonly<Record<string, JsonObject>>;
  readonly channels: Readonly<Record<string, JsonObject>>;
  readonly invites: readonly JsonObject[];
}

interface Token {
  readonly position: number;
  /** Mark of the invitations that the client knows of. */
  readonly invites: string;
}

/** Everything new for one person, at once or as soon as there is any. */
export class Sync {
  readonly #parts: SyncParts;
  readonly #polls = new Map<string, number>();

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  /** Without a token: the present state of everything, and the newest messages. */
  async first(userId: string): Promise<SyncAnswer> {
    // Read before the states: what comes meanwhile is told again, never lost.
    const position = this.#parts.stream.position;
    const guilds: Record<string, JsonObject> = {};
    const channels: Record<string, JsonObject> = {};
    for (const [guildId, entry] of this.#parts.memberships.of(userId)) {
      if (entry.membership === 'join') await this.#wholeGuild(userId, guildId, guilds, channels);
    }
    return this.#answer(position, guilds, channels, await this.#parts.invites.pending(userId));
  }

  /** What came after the token; waits up to `timeoutMs` for the first of it. BAD_REQUEST for a token that this host cannot have given. */
  async since(userId: string, token: string, timeoutMs: number, signal: AbortSignal): Promise<SyncAnswer> {
    const { position, invites } = readToken(token);
    if (position > this.#parts.stream.position)
      throw new HostError('BAD_REQUEST', 'query parameter since lies in the future', { rule: 'API-3' });
    const open = this.#polls.get(userId) ?? 0;
    if (open >= this.#parts.limits.max_polls_per_user)
      throw new HostError('LIMITED', 'too many syncs wait at the same time', { retry_after_ms: 1_000 });
    this.#polls.set(userId, open + 1);
    try {
      return await this.#poll(userId, position, invites, timeoutMs, signal);
    } finally {
      const left = (this.#polls.get(userId) ?? 1) - 1;
      if (left === 0) this.#polls.delete(userId);
      else this.#polls.set(userId, left);
    }
  }

  /** Everything about one guild that the person has just joined. */
  async guild(
    userId: string,
    guildId: string,
  ): Promise<{ readonly guilds: Record<string, JsonObject>; readonly channels: Record<string, JsonObject> }> {
    const guilds: Record<string, JsonObject> = {};
    const channels: Record<string, JsonObject> = {};
    await this.#wholeGuild(userId, guildId, guilds, channels);
    return { guilds, channels };
  }

  visibleChannels(userId: string, guildId: string): Promise<readonly string[]> {
    return this.#parts.guildState.visibleChannels(guildId, userId);
  }

  async #poll(userId: string, since: number, invitesMark: string, timeoutMs: number, signal: AbortSignal): Promise<SyncAnswer> {
    const { feed, stream, platform, limits, invites } = this.#parts;
    const timeUp = new AbortController();
    const cancel = platform.setTimer(timeoutMs, () => timeUp.abort());
    const ended = AbortSignal.any([signal, timeUp.signal]);
    if (timeoutMs === 0) timeUp.abort();
    let position = since;
    try {
      for (;;) {
        const page = await feed.read(userId, position, { rows: limits.sync_rows, bytes: limits.sync_bytes });
        const pending = await invites.pending(userId);
        const news = page.items.length > 0 || markOf(pending) !== invitesMark;
        position = page.next;
        if (news || (ended.aborted && !page.more)) return await this.#changes(userId, page, pending);
        if (!page.more) await stream.wait(feed.keysOf(userId), position, ended);
      }
    } finally {
      cancel();
    }
  }

  async #changes(userId: string, page: FeedPage, pending: readonly PendingInvite[]): Promise<SyncAnswer> {
    const guilds: Record<string, JsonObject> = {};
    const channels: Record<string, JsonObject> = {};
    const whole = new Set(page.items.filter((item) => item.kind === 'joined').map((item) => item.guildId));
    for (const guildId of whole) await this.#wholeGuild(userId, guildId, guilds, channels);
    for (const item of page.items) {
      if (!whole.has(item.guildId)) addItem(item, guilds, channels);
    }
    const recounted = new Set(
      page.items.filter((item) => item.kind === 'channels' && !whole.has(item.guildId)).map((item) => item.guildId),
    );
    for (const guildId of recounted) {
      guilds[guildId] = { events: [], ...guilds[guildId], visible_channels: await this.#parts.guildState.visibleChannels(guildId, userId) };
    }
    return this.#answer(page.next, guilds, channels, pending);
  }

  async #wholeGuild(
    userId: string,
    guildId: string,
    guilds: Record<string, JsonObject>,
    channels: Record<string, JsonObject>,
  ): Promise<void> {
    const { guildState, messages } = this.#parts;
    const [summary, events, visible] = await Promise.all([
      guildState.summary(guildId, userId),
      messages.state(guildId, userId),
      guildState.visibleChannels(guildId, userId),
    ]);
    guilds[guildId] = { ...summary, events, visible_channels: visible };
    for (const channelId of visible) await this.#wholeChannel(userId, guildId, channelId, channels);
  }

  async #wholeChannel(userId: string, guildId: string, channelId: string, channels: Record<string, JsonObject>): Promise<void> {
    const { messages, rooms, limits } = this.#parts;
    if ((await rooms.info(channelId)) === undefined) return;
    const page = await messages.history(channelId, userId, limits.sync_messages);
    const state = await messages.state(channelId, userId);
    channels[channelId] = { guild_id: guildId, state, events: page.events.toReversed(), limited: page.next !== null, before: page.next };
  }

  #answer(
    position: number,
    guilds: Record<string, JsonObject>,
    channels: Record<string, JsonObject>,
    pending: readonly PendingInvite[],
  ): SyncAnswer {
    return { next: writeToken({ position, invites: markOf(pending) }), guilds, channels, invites: pending.map(shownInvite) };
  }
}

/** An invitation as its receiver sees it. The preview is what the inviter's server says, unverified. */
export function shownInvite(invite: PendingInvite): JsonObject {
  const { room_id, inviter, via, preview, received_ts } = invite;
  return { room_id, inviter, via: [...via], preview, received_ts };
}

function addItem(item: FeedItem, guilds: Record<string, JsonObject>, channels: Record<string, JsonObject>): void {
  if (item.kind === 'left') {
    guilds[item.guildId] = { events: [], left: item.membership };
  } else if (item.kind === 'event' && item.roomId === item.guildId) {
    const before = guilds[item.guildId] ?? { events: [] };
    guilds[item.guildId] = { ...before, events: [...(before['events'] as readonly JsonObject[]), item.event] };
  } else if (item.kind === 'event') {
    const before = channels[item.roomId] ?? { guild_id: item.guildId, events: [], limited: false };
    channels[item.roomId] = { ...before, events: [...(before['events'] as readonly JsonObject[]), item.event] };
  }
}

/** API-3. `s<position>`, and after `_` the mark of the known invitations. */
function writeToken(token: Token): string {
  return token.invites === '' ? `s${token.position}` : `s${token.position}_${token.invites}`;
}

function readToken(text: string): Token {
  const match = /^s(0|[1-9][0-9]{0,15})(?:_([0-9a-f]{16}))?$/.exec(text);
  const position = Number(match?.[1] ?? Number.NaN);
  if (match === null || !Number.isSafeInteger(position))
    throw new HostError('BAD_REQUEST', 'query parameter since is not a sync token', { rule: 'API-3' });
  return { position, invites: match[2] ?? '' };
}

function markOf(pending: readonly PendingInvite[]): string {
  if (pending.length === 0) return '';
  const list = pending.map((invite) => `${invite.room_id} ${invite.received_ts}`).toSorted((a, b) => (a < b ? -1 : 1));
  return createHash('sha256').update(list.join('\n')).digest('hex').slice(0, 16);
}
