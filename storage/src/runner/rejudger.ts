import { RULES } from '@openguild/core';
import { StorageError } from '../errors.ts';
import type { RoomStore } from '../ports.ts';
import type { Background } from './background.ts';
import type { KeyedMutex } from './keyed-mutex.ts';
import type { NeedsServer } from './needs-server.ts';
import { type OpenRoom, type OpenRooms, RoomDiscarded } from './open-rooms.ts';
import type { Commit, RoomWriter } from './room-writer.ts';

export interface RejudgerOptions {
  readonly store: RoomStore;
  readonly rooms: OpenRooms;
  readonly mutex: KeyedMutex;
  readonly needs: NeedsServer;
  readonly writer: RoomWriter;
  readonly background: Background;
  /** Events judged again at a time. */
  readonly limit: number;
  readonly onCommit: (commit: Commit) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Judges channel events again that were soft-failed because they cite guild events which this server did not follow then (AUTH-2.7, ENG-10).
 * Always later and by itself: who commits to a guild holds no channel.
 */
export class Rejudger {
  readonly #options: RejudgerOptions;
  readonly #waiting = new Set<string>();
  readonly #judging = new Set<string>();

  constructor(options: RejudgerOptions) {
    this.#options = options;
  }

  /** The guild follows more events than before. */
  guildMoved(guildId: string): void {
    const { background, store } = this.#options;
    background.start(async () => {
      for (const channel of await store.channelsOf(guildId)) this.later(channel);
    });
  }

  /** A channel was opened: what a crash kept from being judged again is judged now, unless it was opened for just that. */
  opened(channelId: string): void {
    if (!this.#judging.has(channelId)) this.later(channelId);
  }

  /** Soon, and once for however many reasons there are until then. */
  later(channelId: string): void {
    if (this.#waiting.has(channelId)) return;
    this.#waiting.add(channelId);
    this.#options.background.start(async () => {
      let page = await this.#page(channelId);
      // Between two pages others get hold of the channel: whoever floods it with events that stay ahead keeps nobody waiting, and keeps no other event from its turn.
      while (page !== null) page = await this.#page(channelId, page);
    });
  }

  /** One page of what is ahead, in the order of arrival. Returns where the next one begins; null: there is none. */
  #page(channelId: string, after?: string): Promise<string | null> {
    return this.#options.mutex.run(channelId, async () => {
      if (after === undefined) this.#waiting.delete(channelId);
      this.#judging.add(channelId);
      try {
        return await this.#rejudgeAll(channelId, after);
      } finally {
        this.#judging.delete(channelId);
      }
    });
  }

  async #rejudgeAll(channelId: string, after?: string): Promise<string | null> {
    const { store, rooms, limit, onError } = this.#options;
    const page = await store.softFailed(channelId, RULES.AHEAD, limit, after);
    for (const id of page) {
      try {
        await rooms.use(channelId, (open) => this.#rejudge(open, id));
      } catch (error) {
        // Somebody else's write failed meanwhile: nothing is wrong with this event, and the room is opened anew for it.
        if (error instanceof RoomDiscarded) {
          this.later(channelId);
          return null;
        }
        onError(new StorageError(`${id} could not be judged again`, { cause: error }));
      }
    }
    return page.length < limit ? null : (page.at(-1) ?? null);
  }

  async #rejudge(open: OpenRoom, eventId: string): Promise<void> {
    const { needs, writer, onCommit } = this.#options;
    const solved = await needs.solve(open, () => {
      const answer = open.room.rejudge(eventId);
      if (answer.needs === null && answer.value.effects !== null) open.beginWrite();
      return answer;
    });
    if (solved.lacking !== null) throw new StorageError(`lacks ${solved.lacking.map((one) => one.event_id).join(', ')}`);
    const { effects } = solved.value;
    if (effects !== null) onCommit(await writer.write(open, effects, [], { outgoing: false }));
  }
}
