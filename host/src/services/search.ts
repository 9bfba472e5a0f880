import { membershipOf } from '@openguild/core';
import { messageText, type SearchIndex, type Store, type StreamRow } from '@openguild/storage';
import { HostError } from '../http/errors.ts';
import { viewAllows } from './access.ts';
import type { Access } from './access.ts';
import type { Projection } from './event-stream.ts';
import type { Memberships } from './memberships.ts';
import type { Redactions } from './redactions.ts';
import type { Rooms } from './rooms.ts';
import { shownEvent, type ShownEvent } from './shown-event.ts';

export interface SearchWish {
  readonly text: string;
  /** Only this guild, or this channel. Both absent: wherever the person is. */
  readonly guild?: string;
  readonly channel?: string;
  /** Where the page before ended. */
  readonly before?: number;
  readonly limit: number;
}

export interface SearchPage {
  readonly results: readonly { readonly guild_id: string; readonly event: ShownEvent }[];
  /** Null: there is no more. */
  readonly next: number | null;
}

export interface SearchParts {
  readonly rooms: Rooms;
  readonly store: Store;
  readonly index: SearchIndex;
  readonly access: Access;
  readonly memberships: Memberships;
  readonly redactions: Redactions;
}

const REDACTION = 'm.room.redaction';
/** Looks into the index for one page: where most hits are redacted, a page may be short. */
const MAX_LOOKS = 5;

/**
 * API-9. Finds messages by their words. The index knows texts and nothing of people: where one may look is judged before it is asked, and each hit is shown as the channel's history
 * shows it, or not at all. A redacted message is in no answer from the moment its redaction is in the stream, and leaves the index then.
 */
export class Search implements Projection {
  readonly #parts: SearchParts;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** Takes what was redacted out of the index. After `Redactions`, which says what is in force. */
  async apply(rows: readonly StreamRow[]): Promise<void> {
    for (const { room_id, stored } of rows) {
      const target = stored.event.type === REDACTION ? stored.event.content['redacts'] : undefined;
      if (typeof target !== 'string') continue;
      for (const event of await this.#parts.rooms.events(room_id, [target]))
        if ((await this.#parts.redactions.of(event)) !== undefined) await this.#parts.index.forget(room_id, target);
    }
  }

  /** Newest first. NOT_FOUND for a guild or channel that is not for this person. */
  async find(userId: string, wish: SearchWish): Promise<SearchPage> {
    const where = await this.#roomsFor(userId, wish);
    const results: { guild_id: string; event: ShownEvent }[] = [];
    let before = wish.before ?? Number.MAX_SAFE_INTEGER;
    for (let look = 0; look < MAX_LOOKS; look++) {
      const hits = await this.#parts.index.search({ rooms: [...where.keys()], text: wish.text, before, limit: wish.limit });
      for (const hit of hits) {
        if (results.length >= wish.limit) break;
        before = hit.position;
        const event = await this.#shown(hit.room_id, hit.event_id);
        if (event !== undefined) results.push({ guild_id: where.get(hit.room_id) ?? hit.room_id, event });
      }
      if (hits.length < wish.limit) return { results, next: null };
      if (results.length >= wish.limit) break;
    }
    return { results, next: before };
  }

  /** Rooms in which the person may read, with the guild of each. */
  async #roomsFor(userId: string, { guild, channel }: SearchWish): Promise<ReadonlyMap<string, string>> {
    const { access, memberships } = this.#parts;
    if (channel !== undefined) {
      const info = await access.requireChannel(channel, userId);
      if (guild !== undefined && guild !== info.authority) throw new HostError('NOT_FOUND', 'there is no such channel in the guild');
      return new Map([[channel, info.authority]]);
    }
    if (guild !== undefined) await access.requireGuild(guild, userId);
    const guilds = guild === undefined ? [...memberships.of(userId).keys()] : [guild];
    const found = new Map<string, string>();
    for (const each of guilds) for (const room of await this.#readable(userId, each)) found.set(room, each);
    return found;
  }

  /** The guild's channels for this person, and a plain room itself. */
  async #readable(userId: string, authority: string): Promise<readonly string[]> {
    const { rooms, store } = this.#parts;
    if ((await rooms.info(authority)) === undefined) return [];
    const channels = await store.rooms.channelsOf(authority);
    return rooms.judge(authority, (view) => {
      if (membershipOf(view, userId) !== 'join') return [];
      return [authority, ...channels.filter((room) => viewAllows(view, room, { kind: 'channel', authority }, userId))];
    });
  }

  /** The message as people are shown it. Undefined, and out of the index, if a redaction took its text. */
  async #shown(roomId: string, eventId: string): Promise<ShownEvent | undefined> {
    const { store, redactions, index } = this.#parts;
    const [stored] = await store.rooms.events(roomId, [eventId]);
    if (stored === undefined) return undefined;
    if (messageText(stored.event) !== undefined && (await redactions.of(stored.event)) === undefined) return shownEvent(stored, redactions);
    await index.forget(roomId, eventId);
    return undefined;
  }
}
