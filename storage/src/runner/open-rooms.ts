import { Room } from '@openguild/core';
import { StorageError, UnknownRoomError } from '../errors.ts';
import type { RoomStore } from '../ports.ts';

/** The room in memory is ahead of the store for good, since a write failed: whoever works with it opens it again. */
export class RoomDiscarded extends StorageError {
  override name = 'RoomDiscarded';

  constructor() {
    super('the room was forgotten because a write failed, or because another process wrote to it');
  }
}

/** How often a step is taken again whose room was discarded: with several processes on one room, one of them gets on each time. */
export const ATTEMPTS = 50;

/** A room in memory, and what keeps its users apart. */
export class OpenRoom {
  readonly room: Room;
  readonly guild: OpenRoom | null;
  /** Rises with every step that changes the room: what was loaded from the store before may be out of date. */
  generation = 0;
  discarded = false;
  /** False until its first event is on its way into the store. */
  listed = false;
  /** Somebody has had it in hand. A room that was opened just now is not forgotten before whoever opened it comes to take it. */
  taken = false;
  /** Works that hold it, and open channels of it. It is not forgotten while there are any. */
  users = 0;
  /** Servers that get its events, and at which heads of its authority that was so. */
  servers: { readonly heads: string; readonly names: readonly string[] } | null = null;
  /** Its extremities in the store, as far as is known here: another process may have moved on. Null before its first event is there. */
  stored: readonly string[] | null;
  #writing: PromiseWithResolvers<void> | null = null;

  constructor(room: Room, guild: OpenRoom | null, stored: readonly string[] | null) {
    this.room = room;
    this.guild = guild;
    this.stored = stored;
  }

  /** The step just taken is in memory but not yet in the store; nobody else may see it before `written`. Call it in the same turn as the step. */
  beginWrite(): void {
    this.generation += 1;
    this.#writing = Promise.withResolvers();
  }

  written(): void {
    this.#writing?.resolve();
    this.#writing = null;
  }

  get isBeingWritten(): boolean {
    return this.#writing !== null;
  }

  /** Waits until memory and store agree, for the guild as well. `own`: the room's own write is the caller's. */
  async settled(own: boolean): Promise<void> {
    for (let wait = this.#pending(own); wait !== undefined; wait = this.#pending(own)) await wait;
    if (this.discarded || this.guild?.discarded === true) throw new RoomDiscarded();
  }

  /** Changes whenever something loaded from the store may have become older than what is in memory. */
  get stamp(): string {
    return `${this.generation}/${this.guild?.generation ?? 0}`;
  }

  /** Memory and store agree now, so that a question may be asked in this turn: `settled` would neither wait nor throw. */
  isSettledFor(own: boolean): boolean {
    return !this.discarded && this.guild?.discarded !== true && this.#pending(own) === undefined;
  }

  #pending(own: boolean): Promise<void> | undefined {
    const writing = own ? undefined : this.#writing?.promise;
    return writing ?? (this.guild === null ? undefined : this.guild.#pending(false));
  }
}

/** Rooms in memory: each at most once, at most so many, the least recently used forgotten first. */
export class OpenRooms {
  readonly #store: RoomStore;
  readonly #limit: number;
  readonly #onOpened: (open: OpenRoom) => void;
  readonly #rooms = new Map<string, OpenRoom>();
  readonly #opening = new Map<string, Promise<OpenRoom>>();

  constructor(store: RoomStore, limit: number, onOpened: (open: OpenRoom) => void) {
    this.#store = store;
    this.#limit = limit;
    this.#onOpened = onOpened;
  }

  /** A room in memory, if it is there and nothing of it waits to be written: for what is done in this turn. */
  settledNow(roomId: string): OpenRoom | undefined {
    const open = this.#rooms.get(roomId);
    return open?.isSettledFor(false) === true ? open : undefined;
  }

  /** A stored room that is in memory, be it that its last step is being written. Undefined says nothing: it may be stored. */
  inMemory(roomId: string): Room | undefined {
    return this.#rooms.get(roomId)?.room;
  }

  /** Runs work with a stored room, which stays in memory meanwhile. Throws UnknownRoomError. */
  async use<T>(roomId: string, work: (open: OpenRoom) => Promise<T>): Promise<T> {
    const open = await this.#acquire(roomId);
    try {
      return await work(open);
    } finally {
      open.users -= 1;
      this.#trim();
    }
  }

  /** A room of which nothing is stored yet: for this work alone, until the work calls `add`. */
  async useNew<T>(open: OpenRoom, work: (open: OpenRoom) => Promise<T>): Promise<T> {
    open.users += 1;
    open.taken = true;
    try {
      return await work(open);
    } finally {
      open.users -= 1;
    }
  }

  /** Lets others use a room. Call it in the turn of `beginWrite`, so that nobody sees it before it is stored. */
  add(open: OpenRoom): void {
    if (open.listed) return;
    open.listed = true;
    this.#rooms.set(open.room.room_id, open);
    if (open.guild !== null) open.guild.users += 1;
  }

  /** Forgets a room that is ahead of the store, and the channels that are judged by it. */
  discard(open: OpenRoom): void {
    for (const each of [...this.#rooms.values()]) if (each === open || each.guild === open) this.#remove(each);
    open.discarded = true;
  }

  /** Forgets a room to which another process has written, or to the guild by which it is judged. */
  async refresh(roomId: string): Promise<void> {
    const open = this.#rooms.get(roomId);
    if (open === undefined) return;
    await Promise.all([open, ...(open.guild === null ? [] : [open.guild])].map((each) => this.#refreshOne(each)));
  }

  async #refreshOne(open: OpenRoom): Promise<void> {
    const before = open.stored;
    if (before === null) return;
    const now = await this.#store.open(open.room.room_id);
    if (now === undefined || sameList(now.extremities, before)) return;
    // It may be a write of this process that is under way: if that succeeds, nobody else came before it.
    while (open.isBeingWritten) await open.settled(false).catch(() => undefined);
    if (open.stored === before) this.discard(open);
  }

  async #acquire(roomId: string): Promise<OpenRoom> {
    for (;;) {
      const open = this.#rooms.get(roomId) ?? (await this.#open(roomId));
      // Between opening and here it may have been discarded or forgotten.
      if (this.#rooms.get(roomId) !== open) continue;
      // Its guild was forgotten while it was opened: nobody could ever work with it.
      if (open.guild?.discarded === true) {
        this.#remove(open);
        continue;
      }
      this.#rooms.delete(roomId);
      this.#rooms.set(roomId, open);
      open.users += 1;
      open.taken = true;
      return open;
    }
  }

  #open(roomId: string): Promise<OpenRoom> {
    const opening = this.#opening.get(roomId) ?? this.#load(roomId).finally(() => this.#opening.delete(roomId));
    this.#opening.set(roomId, opening);
    return opening;
  }

  async #load(roomId: string): Promise<OpenRoom> {
    const snapshot = await this.#store.open(roomId);
    if (snapshot === undefined) throw new UnknownRoomError(roomId);
    if (snapshot.guild_id === null) return this.#opened(new OpenRoom(Room.open(snapshot), null, snapshot.extremities));
    return this.use(snapshot.guild_id, async (guild) =>
      this.#opened(new OpenRoom(Room.open(snapshot, guild.room), guild, snapshot.extremities)),
    );
  }

  #opened(open: OpenRoom): OpenRoom {
    this.add(open);
    this.#onOpened(open);
    return open;
  }

  #trim(): void {
    if (this.#rooms.size <= this.#limit) return;
    for (const open of [...this.#rooms.values()]) {
      if (this.#rooms.size <= this.#limit) break;
      if (open.users === 0 && open.taken) this.#remove(open);
    }
  }

  #remove(open: OpenRoom): void {
    this.#rooms.delete(open.room.room_id);
    if (open.guild !== null) open.guild.users -= 1;
    // Whoever still has it in hand must not go on with it beside a new one.
    open.discarded = true;
  }
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
