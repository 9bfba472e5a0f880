import { RoomHeldError } from '../errors.ts';
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

  /** As far as is known here: another process may have let it go. */
  has(roomId: string): boolean {
    return this.#held.has(roomId);
  }

  /** Asks the store, where the room was held when this process last heard of it. No room is ever held that was not. */
  async isHeld(roomId: string): Promise<boolean> {
    if (!this.#held.has(roomId)) return false;
    const held = (await this.#values.get(HELD_ROOMS, roomId)) !== undefined;
    if (!held) this.#held.delete(roomId);
    return held;
  }

  /** Once that is on disk. A crash before it leaves the room held. */
  async release(roomId: string): Promise<void> {
    await this.#values.remove(HELD_ROOMS, roomId);
    this.#held.delete(roomId);
  }
}

/** What a runner asks before it makes an event. */
export interface Held {
  has(roomId: string): boolean;
  /** What other processes have let go counts, too. */
  isHeld?(roomId: string): Promise<boolean>;
}

/** Throws RoomHeldError if one of these rooms is held. */
export async function refuseHeld(held: Held, ...roomIds: readonly unknown[]): Promise<void> {
  for (const roomId of roomIds) {
    if (typeof roomId !== 'string' || !held.has(roomId)) continue;
    if (held.isHeld === undefined || (await held.isHeld(roomId))) throw new RoomHeldError(roomId);
  }
}
