import {
  HELD_ROOMS,
  type KeyValueStore,
  MemoryStore,
  type OutgoingQueue,
  type RoomStore,
  type Store,
  StoreFailedError,
} from '@openguild/storage';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Something that is written, to whatever store. */
type Change<T = unknown> = (to: MemoryStore) => Promise<T>;

interface Write {
  readonly apply: () => Promise<unknown>;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * One server's disk. What is on it survives crashes. A write gets there after a while and is acknowledged then; a crash in between loses what
 * waits, except for as many of the first ones as happened to be on disk already, of which nobody was told.
 */
export class Disk {
  /** Milliseconds that a write takes; 0: none. */
  latency = 0;
  /** Share of commits that fail. */
  failing = 0;
  durable = new MemoryStore();
  /** Everything that was written, in order: what a backup is cut from, and a rebuilt store made of. */
  #written: Change[] = [];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #fault: (name: string) => void;
  #queue: Write[] = [];
  #writing: (() => void) | null = null;

  constructor(scheduler: Scheduler, random: Random, fault: (name: string) => void) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#fault = fault;
  }

  /** The store as one process sees it. Reads see what is on disk. Nothing is answered once the process is dead. */
  store(alive: () => boolean): Store {
    const { durable } = this;
    const read = <T>(answer: () => Promise<T>): Promise<T> => (alive() ? answer() : never<T>());
    const write = <T>(change: Change<T>): Promise<T> => (alive() ? this.#write(() => this.#apply(change)) : never<T>());
    const rooms: RoomStore = {
      open: (roomId) => read(() => durable.rooms.open(roomId)),
      list: () => read(() => durable.rooms.list()),
      events: (roomId, ids, ancestors) => read(() => durable.rooms.events(roomId, ids, ancestors)),
      stateAfter: (roomId, eventId) => read(() => durable.rooms.stateAfter(roomId, eventId)),
      stream: (after, limit) => read(() => durable.rooms.stream(after, limit)),
      latest: (roomId, upTo, limit) => read(() => durable.rooms.latest(roomId, upTo, limit)),
      position: () => read(() => durable.rooms.position()),
      softFailed: (roomId, rule, limit, after) => read(() => durable.rooms.softFailed(roomId, rule, limit, after)),
      byDepth: (roomId, after, limit) => read(() => durable.rooms.byDepth(roomId, after, limit)),
      clientTransaction: (txn) => read(() => durable.rooms.clientTransaction(txn)),
      channelsOf: (guildId) => read(() => durable.rooms.channelsOf(guildId)),
      commit: (commit) => {
        if (this.failing > 0 && this.#random.chance(this.failing)) {
          this.#fault('write failed');
          return write(() => Promise.reject(new StoreFailedError('the disk failed')));
        }
        return write((to) => to.rooms.commit(commit));
      },
    };
    const outgoing: OutgoingQueue = {
      enqueue: (destination, roomId, ids) => write((to) => to.outgoing.enqueue(destination, roomId, ids)),
      destinations: () => read(() => durable.outgoing.destinations()),
      peek: (destination, limit) => read(() => durable.outgoing.peek(destination, limit)),
      delivered: (destination, sequence) => write((to) => to.outgoing.delivered(destination, sequence)),
      state: (destination) => read(() => durable.outgoing.state(destination)),
      setState: (destination, state) => write((to) => to.outgoing.setState(destination, state)),
    };
    const values: KeyValueStore = {
      get: (space, key) => read(() => durable.values.get(space, key)),
      set: (space, key, value) => write((to) => to.values.set(space, key, value)),
      remove: (space, key) => write((to) => to.values.remove(space, key)),
      entries: (space) => read(() => durable.values.entries(space)),
    };
    const { accounts, devices, toDevice, invites, inbound, media } = durable;
    return { rooms, outgoing, accounts, devices, toDevice, invites, inbound, media, values, close: () => Promise.resolve() };
  }

  /** How much is on disk now: a name for a backup of it. */
  backup(): number {
    return this.#written.length;
  }

  /** ENG-15: the disk goes back to an earlier backup, and every room that it knows is held. Only while no process runs. */
  async restore(backup: number): Promise<void> {
    await this.rebuild(backup);
    for (const room of await this.durable.rooms.list()) await this.#apply((to) => to.values.set(HELD_ROOMS, room.room_id, {}));
  }

  /** Another store, made of what was written to this one. Only while no process runs. */
  async rebuild(upTo = this.#written.length): Promise<void> {
    const changes = this.#written.slice(0, upTo);
    this.durable = new MemoryStore();
    this.#written = [];
    // What failed then fails again.
    for (const change of changes) await this.#apply(change).catch(() => undefined);
  }

  #apply<T>(change: Change<T>): Promise<T> {
    this.#written.push(change);
    return change(this.durable);
  }

  /** The process dies: what waits is lost, but for a random beginning of it. Nobody is told. */
  crash(): void {
    this.#writing?.();
    this.#writing = null;
    const waiting = this.#queue;
    this.#queue = [];
    const written = this.#random.int(waiting.length + 1);
    if (waiting.length > written) this.#fault('unsynced write lost');
    for (const { apply } of waiting.slice(0, written)) {
      this.#fault('write synced but not acknowledged');
      apply().catch(() => undefined);
    }
  }

  #write<T>(apply: () => Promise<T>): Promise<T> {
    if (this.latency === 0 && this.#queue.length === 0) return apply();
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ apply, done: resolve as (result: unknown) => void, failed: reject });
      this.#sync();
    });
  }

  /** Everything that waits when a sync begins is on disk, in order, when it ends. */
  #sync(): void {
    if (this.#writing !== null || this.#queue.length === 0) return;
    const group = this.#queue.length;
    this.#writing = this.#scheduler.after(this.#random.between(1, Math.max(1, this.latency)), () => {
      this.#writing = null;
      for (const { apply, done, failed } of this.#queue.splice(0, group)) apply().then(done, failed);
      this.#sync();
    });
  }
}

/** What a dead process waits for. */
function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
