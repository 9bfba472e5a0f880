import type { KeyValueStore } from '../ports.ts';

/** Key-value space, written when a backup comes back: ID of each room that the backup knows -> {}. */
export const HELD_ROOMS = 'restored.rooms';

/**
 * ENG-15: rooms in which a store that was restored from a backup makes no event yet, since events that it made after the backup may be missing here: its
 * next one would not follow them. Whoever compares the room with other servers lets it go.
 */
export class HeldRooms {
  readonly #values: KeyValueStore;
  readonly #held: Set<string>;

  private constructor(values: KeyValueStore, held: Set<string>) {
    this.#values = values;
    this.#held = held;
  }

  static async load(values: KeyValueStore): Promise<HeldRooms> {
    const entries = await values.entries(HELD_ROOMS);
    return new HeldRooms(values, new Set(entries.map(([roomId]) => roomId)));
  }

  get rooms(): readonly string[] {
    return [...this.#held];
  }

  has(roomId: string): boolean {
    return this.#held.has(roomId);
  }

  /** Once that is on disk. A crash before it leaves the room held. */
  async release(roomId: string): Promise<void> {
    await this.#values.remove(HELD_ROOMS, roomId);
    this.#held.delete(roomId);
  }
}
