import { membershipOf } from '@openguild/core';
import type { Store, StreamRow } from '@openguild/storage';
import { viewAllows } from './access.ts';
import type { EventStream } from './event-stream.ts';
import type { Membership, Memberships } from './memberships.ts';
import type { Redactions } from './redactions.ts';
import type { Rooms } from './rooms.ts';
import { shownEvent } from './shown-event.ts';
import type { ShownEvent } from './shown-event.ts';

/** What one person sees of a stretch of the stream. */
export interface FeedPage {
  /** The stretch ends at this position; more may follow. */
  readonly next: number;
  readonly more: boolean;
  readonly items: readonly FeedItem[];
}

export type FeedItem =
  | { readonly kind: 'event'; readonly position: number; readonly guildId: string; readonly roomId: string; readonly event: ShownEvent }
  /** The person became a member: everything about the guild is new. */
  | { readonly kind: 'joined'; readonly position: number; readonly guildId: string }
  | { readonly kind: 'left'; readonly position: number; readonly guildId: string; readonly membership: Membership }
  /** Which channels the person may view may have changed. */
  | { readonly kind: 'channels'; readonly position: number; readonly guildId: string };

export interface FeedLimits {
  readonly rows: number;
  readonly bytes: number;
}

const DECIDES_CHANNELS: ReadonlySet<string> = new Set(['m.guild.authority', 'm.channel.overwrites', 'm.guild.channel']);

/** Reads the stream for one person. Visibility is judged when it is read, never by what was so when an event came (API-5). */
export class Feed {
  readonly #rooms: Rooms;
  readonly #store: Store;
  readonly #stream: EventStream;
  readonly #memberships: Memberships;
  readonly #redactions: Redactions;

  constructor(rooms: Rooms, store: Store, stream: EventStream, memberships: Memberships, redactions: Redactions) {
    this.#rooms = rooms;
    this.#store = store;
    this.#stream = stream;
    this.#memberships = memberships;
    this.#redactions = redactions;
  }

  /** What to wait for: the person, and the guilds the person is in. */
  keysOf(userId: string): string[] {
    const guilds = [...this.#memberships.of(userId)].filter(([, entry]) => entry.membership === 'join').map(([guild]) => guild);
    return [userId, ...guilds];
  }

  /** From after `since` to at most the stream's position. */
  async read(userId: string, since: number, limits: FeedLimits): Promise<FeedPage> {
    const end = this.#stream.position;
    const rows = (await this.#store.rooms.stream(since, limits.rows)).filter((row) => row.position <= end);
    const items: FeedItem[] = [];
    const judged = new Map<string, boolean>();
    let [next, bytes] = [since, 0];
    for (const row of rows) {
      const seen = await this.#item(userId, row, judged);
      bytes += seen === undefined ? 0 : JSON.stringify(seen.event).length;
      if (bytes > limits.bytes && items.length > 0) break;
      if (seen !== undefined) items.push(seen);
      if (seen !== undefined && decidesChannels(seen.event, userId))
        items.push({ kind: 'channels', position: row.position, guildId: seen.guildId });
      next = row.position;
    }
    const changes = await this.#changes(userId, since, next);
    return { next: Math.max(next, since), more: next < end, items: [...changes, ...items] };
  }

  /** Guilds the person joined or left within the stretch, as it stands now. */
  async #changes(userId: string, since: number, next: number): Promise<FeedItem[]> {
    const items: FeedItem[] = [];
    for (const [guildId, entry] of this.#memberships.of(userId)) {
      if (entry.since <= since || entry.since > next) continue;
      const now = (await this.#rooms.judge(guildId, (view) => membershipOf(view, userId))) as Membership;
      if (now === 'join') items.push({ kind: 'joined', position: entry.since, guildId });
      else if (now !== 'invite') items.push({ kind: 'left', position: entry.since, guildId, membership: now });
    }
    return items;
  }

  async #item(userId: string, row: StreamRow, judged: Map<string, boolean>): Promise<Extract<FeedItem, { kind: 'event' }> | undefined> {
    const info = await this.#rooms.info(row.room_id);
    if (info === undefined || this.#memberships.of(userId).get(info.authority)?.membership !== 'join') return undefined;
    let visible = judged.get(row.room_id);
    if (visible === undefined) {
      visible = await this.#rooms.judge(info.authority, (view) => viewAllows(view, row.room_id, info, userId));
      judged.set(row.room_id, visible);
    }
    if (!visible) return undefined;
    const event = await shownEvent(row.stored, this.#redactions);
    return { kind: 'event', position: row.position, guildId: info.authority, roomId: row.room_id, event };
  }
}

function decidesChannels(event: ShownEvent, userId: string): boolean {
  return DECIDES_CHANNELS.has(event.type) || (event.type === 'm.guild.member_roles' && event['state_key'] === userId);
}
