import {
  type Ask,
  checkCopy,
  ENGINE_RULES,
  type EventDraft,
  type JsonValue,
  type Outcome,
  type Room,
  roomVersion,
  RULES,
  type Signer,
  type UnverifiedCopy,
} from '@openguild/core';
import { StorageError, UnknownEventError, UnknownRoomError } from './errors.ts';
import type { Store } from './ports.ts';
import { Background } from './runner/background.ts';
import { Creation } from './runner/creation.ts';
import { type CreateOptions, Creator } from './runner/creator.ts';
import { type Held, refuseHeld } from './runner/held-rooms.ts';
import { KeyedMutex } from './runner/keyed-mutex.ts';
import { NeedsServer, type Verify, type VerifyServers } from './runner/needs-server.ts';
import { OpenRooms, RoomDiscarded } from './runner/open-rooms.ts';
import { ParkingLot } from './runner/parking-lot.ts';
import { type FetchMissing, Receiver } from './runner/receiver.ts';
import { type Parked, ReceiveWork } from './runner/receive-work.ts';
import { Rejudger } from './runner/rejudger.ts';
import { type Commit, RoomWriter, type WriteOptions } from './runner/room-writer.ts';
import { DEFAULT_RUNNER_LIMITS, type RunnerLimits } from './runner/runner-limits.ts';

export interface RoomRunnerOptions {
  readonly store: Pick<Store, 'rooms'>;
  /** One verdict for each check, in order (`verifyWithNode`). */
  readonly verify: Verify;
  /** For rooms of Matrix versions; without it no event of these is ever validly signed. */
  readonly verifyServers?: VerifyServers;
  /** Another way to the same answers as `checkCopy`, which is the default: one that remembers them, or reads elsewhere. */
  readonly readCopy?: typeof checkCopy;
  /**
   * Copies of these events of a room and of what they cite, as far as other servers have them, in any order and unverified. `from`: who sent what cites
   * them; null if nobody did. No room is held meanwhile.
   */
  readonly fetchMissing: FetchMissing;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Gets no events from itself. */
  readonly ownServer: string;
  /** ENG-15: rooms in which nothing is made for now (`HeldRooms`). Default: none. */
  readonly held?: Held;
  /**
   * Other processes write to the same store. Then every question, and what is to be made, finds the room and its guild as they are stored when it is asked: a read each. Default
   * false: an answer, and a refusal, may be as old as this process's last write to the room.
   */
  readonly shared?: boolean;
  readonly limits?: Partial<RunnerLimits>;
  readonly onCommit?: (commit: Commit) => void;
  /** Errors of work that nobody waits for, and of listeners. Default: they are dropped. */
  readonly onError?: (error: unknown) => void;
}

export interface ReceiveOptions {
  /** The server that sent the copy; null if it comes from here. */
  readonly from: string | null;
  /** Room version by which to read the create event of a room that is not stored yet. */
  readonly version?: string;
  /** The event is ours to send (a join that another server signed too). Default false. */
  readonly outgoing?: boolean;
}

/** Merges of a guild for one event of a channel: each takes up to nineteen ends away. */
const MAX_MERGES = 20;

/**
 * The one asynchronous loop around core's rooms: loads what they need, verifies signatures, fetches what is missing, writes what follows.
 * Steps of one room run one after the other; different rooms run side by side. An outcome is reported once it is on disk.
 */
export class RoomRunner {
  /** Told of every commit, in the order of each room's commits, after it is on disk. */
  readonly commits = new Set<(commit: Commit) => void>();
  readonly #store: Store['rooms'];
  readonly #ownServer: string;
  readonly #merging = new KeyedMutex();
  readonly #held: Held;
  readonly #shared: boolean;
  readonly #limits: RunnerLimits;
  readonly #readCopy: typeof checkCopy;
  readonly #onError: (error: unknown) => void;
  readonly #background: Background;
  readonly #needs: NeedsServer;
  readonly #rooms: OpenRooms;
  readonly #lot: ParkingLot;
  readonly #receiver: Receiver;
  readonly #creator: Creator;
  readonly #rejudger: Rejudger;

  constructor(options: RoomRunnerOptions) {
    const { verify, now, ownServer, fetchMissing, readCopy = checkCopy } = options;
    const store = options.store.rooms;
    const limits = { ...DEFAULT_RUNNER_LIMITS, ...options.limits };
    const onError = options.onError ?? (() => undefined);
    const onCommit = (commit: Commit): void => this.#committed(commit);
    if (options.onCommit !== undefined) this.commits.add(options.onCommit);
    this.#store = store;
    this.#ownServer = ownServer;
    this.#held = options.held ?? new Set();
    this.#shared = options.shared ?? false;
    this.#limits = limits;
    this.#readCopy = readCopy;
    this.#onError = onError;
    this.#background = new Background(onError);
    this.#lot = new ParkingLot(limits);
    const rooms = new OpenRooms(store, limits.openRooms, (open) => open.guild !== null && this.#rejudger.opened(open.room.room_id));
    const needs = new NeedsServer(store, verify, options.verifyServers ?? noneValid, limits);
    const writer = new RoomWriter({ store, rooms, needs, ownServer, now });
    const parts = { store, rooms, needs, writer, mutex: new KeyedMutex(), onCommit, onError };
    this.#rooms = rooms;
    this.#needs = needs;
    this.#creator = new Creator({ ...parts, now, held: this.#held });
    this.#rejudger = new Rejudger({ ...parts, background: this.#background, limit: limits.rejudged });
    this.#receiver = new Receiver({ ...parts, lot: this.#lot, fetchMissing, readCopy, limits });
  }

  /**
   * Takes in a copy from anywhere, and before it what it cites. A faulty copy is an outcome, never an error; UnknownRoomError if the room (or a new
   * channel's guild) is not stored and the copy does not create it.
   */
  async receive(roomId: string, pdu: JsonValue, options: ReceiveOptions): Promise<Outcome | Parked> {
    const room = this.#rooms.inMemory(roomId);
    let version = room?.version;
    let guildId = room?.guild?.room_id;
    if (version === undefined) {
      const known = await this.#store.open(roomId);
      const versionId = known?.room_version ?? options.version;
      guildId = known?.guild_id ?? undefined;
      if (versionId === undefined) throw new UnknownRoomError(roomId);
      version = roomVersion(versionId);
      if (version === undefined) return { kind: 'dropped', fault: { rule: 'EV-1', detail: `unknown room version ${versionId}` } };
    }
    const copy = this.#readCopy(pdu, version);
    if (!copy.ok) return { kind: 'dropped', fault: { rule: copy.rule, detail: copy.detail } };
    const { room_id } = copy.value.event;
    if (options.outgoing === true) await refuseHeld(this.#held, guildId, roomId);
    if (room_id !== roomId) return { kind: 'dropped', fault: { rule: ENGINE_RULES.ROOM, detail: `the event belongs to ${room_id}` } };
    const known = this.#knownNow(roomId, copy.value);
    return known ?? this.#receive(roomId, copy.value, options.from, { outgoing: options.outgoing ?? false });
  }

  /**
   * Makes, stores and queues the next event of a room (`roomId` null: of a new room, which the draft creates), signed by `signers`, this server's key first.
   * Where a channel's guild has more ends than an event may cite, they are merged first (ENG-12). A refusal is an outcome. Throws UnknownRoomError, InviteUnusableError, RoomHeldError, and what the store throws.
   */
  async create(roomId: string | null, draft: EventDraft, signers: readonly Signer[], extra: CreateOptions = {}): Promise<Creation> {
    // A channel's events cite its guild's: nothing is made in it before the guild is let go (also `Creator`, which knows a channel's guild).
    const concerned = roomId ?? draft.content['guild'];
    await refuseHeld(this.#held, concerned);
    // What is refused is written nowhere, so nothing else would show that the refusal is out of date.
    if (this.#shared && typeof concerned === 'string') await this.#rooms.refresh(concerned);
    for (let merges = 0; ; merges++) {
      const made = await (roomId === null ? this.#first(draft, signers, extra) : this.#creator.inRoom(roomId, draft, signers, extra));
      if (made.outcome.kind !== 'refused' || made.outcome.fault.rule !== RULES.GUILD_HEADS || merges >= MAX_MERGES) return made;
      const guildId = roomId === null ? draft.content['guild'] : (await this.#store.open(roomId))?.guild_id;
      if (typeof guildId !== 'string') return made;
      await this.#merge(guildId, signers);
    }
  }

  /** The first event of a new room, and with it the room. */
  async #first(draft: EventDraft, signers: readonly Signer[], extra: CreateOptions): Promise<Creation> {
    const first = await this.#creator.firstOf(draft, signers);
    if (first instanceof Creation) return first;
    const { outgoing = true, client_txn, use_invite } = extra;
    const write = { outgoing, ...(client_txn === undefined ? {} : { client_txn }), ...(use_invite === undefined ? {} : { use_invite }) };
    return this.#creator.once(client_txn, () => this.#begin(first, write));
  }

  /** Any question that a room answers without changing; of a shared store, as the room is stored by now. Throws UnknownRoomError, UnknownEventError, WorkLimitError. */
  async ask<T>(roomId: string, question: (room: Room) => Ask<T>): Promise<T> {
    if (this.#shared) await this.#rooms.refresh(roomId);
    // Mostly the room is in memory, with all that is asked about.
    const now = this.#rooms.settledNow(roomId);
    let asked = now === undefined ? undefined : question(now.room);
    if (asked?.needs === null) return asked.value;
    for (;;) {
      try {
        const solved = await this.#rooms.use(roomId, (open) => this.#needs.solve(open, () => question(open.room), false, asked));
        asked = undefined;
        if (solved.lacking === null) return solved.value;
        throw new UnknownEventError(
          roomId,
          solved.lacking.map((one) => one.event_id),
        );
      } catch (error) {
        if (!(error instanceof RoomDiscarded)) throw error;
      }
    }
  }

  /** How many events wait for what they cite. */
  get parked(): number {
    return this.#lot.size;
  }

  /** Resolves once nothing goes on by itself any more (parked events tried again, soft-failed ones judged again). */
  settled(): Promise<void> {
    return this.#background.settled();
  }

  /** ENG-12: a channel's event cites all ends of its guild. Where there are too many they are merged first, once for however many events wait for it. */
  #merge(guildId: string, [server]: readonly Signer[]): Promise<void> {
    return this.#merging.run(guildId, async () => {
      const ends = await this.ask(guildId, ({ extremities, version }) => ({
        needs: null,
        value: extremities.length > version.limits.maxGuildHeads,
      }));
      if (!ends || server === undefined) return;
      await this.#creator.inRoom(guildId, { type: 'm.room.merge', sender: `@:${this.#ownServer}`, content: {} }, [server], {});
    });
  }

  /** Most copies come from several servers. One of what is in memory, and so on disk, waits for nobody; of a shared store memory may be out of date. */
  #knownNow(roomId: string, copy: UnverifiedCopy): Outcome | null {
    const stored = this.#shared ? null : (this.#rooms.settledNow(roomId)?.room.knownAlready(copy) ?? null);
    return stored === null ? null : { kind: 'known', stored };
  }

  async #receive(roomId: string, copy: UnverifiedCopy, from: string | null, write: WriteOptions): Promise<Outcome | Parked> {
    const work = new ReceiveWork(roomId, from, ReceiveWork.budget(this.#limits), write);
    await this.#receiver.receive(work, copy);
    const outcome = work.outcomes.get(copy.event.event_id);
    if (outcome === undefined) throw new StorageError(`nothing became of ${copy.event.event_id}`);
    return outcome;
  }

  async #begin(copy: UnverifiedCopy, write: WriteOptions): Promise<Creation> {
    const { event } = copy;
    let made: Commit | undefined;
    const listener = (commit: Commit): void => {
      if (commit.effects.stored.event.event_id === event.event_id) made = commit;
    };
    this.commits.add(listener);
    try {
      const outcome = await this.#receive(event.room_id, copy, null, write);
      if (outcome.kind === 'accepted' && made !== undefined) {
        return new Creation(outcome, event, { position: made.positions.at(-1) as number, destinations: made.destinations });
      }
      if ('fault' in outcome) return new Creation({ kind: 'refused', fault: outcome.fault }, null);
      throw new StorageError(`the create event ${event.event_id} is ${outcome.kind}`);
    } finally {
      this.commits.delete(listener);
    }
  }

  #committed(commit: Commit): void {
    for (const listener of [...this.commits]) {
      try {
        listener(commit);
      } catch (error) {
        this.#onError(new StorageError('a commit listener failed', { cause: error }));
      }
    }
    const { room, effects } = commit;
    const { event_id } = effects.stored.event;
    for (const parked of this.#lot.arrived(event_id)) this.#background.start(() => this.#receiver.retry(parked));
    // A channel event can be ahead of this server only because of a guild event that was soft-failed here, and is covered now.
    if (room.kind === 'guild' && effects.enters_history.length > 1) this.#rejudger.guildMoved(room.room_id);
  }
}

function noneValid(checks: readonly unknown[]): Promise<boolean[]> {
  return Promise.resolve(checks.map(() => false));
}
