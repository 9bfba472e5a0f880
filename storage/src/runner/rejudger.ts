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
    this.#options.background.start(() =>
      this.#options.mutex.run(channelId, async () => {
        this.#waiting.delete(channelId);
        this.#judging.add(channelId);
        try {
          await this.#rejudgeAll(channelId);
        } finally {
          this.#judging.delete(channelId);
        }
      }),
    );
  }

  async #rejudgeAll(channelId: string): Promise<void> {
    const { store, rooms, limit, onError } = this.#options;
    for (const id of await store.softFailed(channelId, RULES.AHEAD, limit)) {
      try {
        await rooms.use(channelId, (open) => this.#rejudge(open, id));
      } catch (error) {
        // Somebody else's write failed meanwhile: nothing is wrong with this event, and the room is opened anew for it.
        if (error instanceof RoomDiscarded) return this.later(channelId);
        onError(new StorageError(`${id} could not be judged again`, { cause: error }));
      }
    }
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
