import {
  type checkCopy,
  type JsonValue,
  type Outcome,
  type Received,
  Room,
  roomVersion,
  serverOf,
  type UnverifiedCopy,
} from '@openguild/core';
import { StorageError, UnknownRoomError, WorkLimitError } from '../errors.ts';
import type { RoomStore } from '../ports.ts';
import type { KeyedMutex } from './keyed-mutex.ts';
import type { Lacking, NeedsServer } from './needs-server.ts';
import { ATTEMPTS, OpenRoom, RoomDiscarded, type OpenRooms } from './open-rooms.ts';
import type { ParkedCopy, ParkingLot } from './parking-lot.ts';
import { ReceiveWork } from './receive-work.ts';
import type { Commit, RoomWriter } from './room-writer.ts';
import { ReplayQueue } from './replay-queue.ts';
import type { RunnerLimits } from './runner-limits.ts';

export type FetchMissing = (roomId: string, eventIds: readonly string[], from: string | null) => Promise<readonly JsonValue[]>;

/** ENG-13. A copy that needs more work than this server's limits allow is dropped; its ID stays wanted. */
const WORK_RULE = 'ENG-13';
const PUT_OFF_RULE = 'ENG-16';

/** What came of one step: an outcome, or why it was not taken. */
type Step = { readonly outcome: Outcome } | { readonly lacking: readonly Lacking[]; readonly replays?: number };

interface PutOff {
  readonly copy: UnverifiedCopy;
  readonly replays: number;
}

/** Why a work does not go on. */
type Halt = { readonly lacking: readonly Lacking[] } | PutOff;

export interface ReceiverOptions {
  readonly store: RoomStore;
  readonly rooms: OpenRooms;
  readonly mutex: KeyedMutex;
  readonly needs: NeedsServer;
  readonly writer: RoomWriter;
  readonly lot: ParkingLot;
  readonly fetchMissing: FetchMissing;
  readonly readCopy: typeof checkCopy;
  readonly limits: RunnerLimits;
  readonly onCommit: (commit: Commit) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Takes copies in, and before each of them what it cites: from the store, from what is parked, else from other servers.
 *
 * A room is held only while its own steps run, never while another server is asked, and never together with another room.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #replays: ReplayQueue;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#replays = new ReplayQueue(options.limits);
  }

  /** One copy, and before it what it cites. */
  receive(work: ReceiveWork, copy: UnverifiedCopy): Promise<void> {
    const { mutex, needs } = this.#options;
    if (mutex.isBusy(work.room_id)) needs.ahead(copy.signatures);
    work.want(copy);
    return this.run(work);
  }

  /** Receives everything the work wants, as far as it can be had. Its outcomes are in `work.outcomes`. */
  async run(work: ReceiveWork): Promise<void> {
    const { mutex } = this.#options;
    const advance = (): Promise<Halt | null> => mutex.run(work.room_id, () => this.#advance(work));
    for (;;) {
      let halt: Halt | null;
      try {
        halt = work.turn === null ? await this.#replays.besides(advance) : await advance();
      } finally {
        work.endTurn();
      }
      if (halt === null) return;
      if ('replays' in halt) await this.#putOff(work, halt);
      else if (!(await this.#obtain(work, halt.lacking)))
        for (const { copy, missing } of work.giveUp(halt.lacking)) this.#park(work, copy, missing);
    }
  }

  /** ENG-16. Waits for a turn to judge a copy that replays very much; where too many wait, it is dropped. */
  async #putOff(work: ReceiveWork, { copy, replays }: PutOff): Promise<void> {
    const { event_id } = copy.event;
    const turn = this.#replays.turn(originOf(work, copy));
    if (turn !== null) work.turn = { event_id, release: await turn };
    else
      work.done(copy, {
        kind: 'dropped',
        fault: { rule: PUT_OFF_RULE, detail: `it replays ${replays} events and more, and too many such copies wait` },
      });
  }

  /** A copy that was parked and lacks one thing less. */
  async retry({ room_id, copy, origin }: ParkedCopy): Promise<void> {
    const work = new ReceiveWork(room_id, origin, ReceiveWork.budget(this.#options.limits));
    work.want(copy);
    await this.run(work);
  }

  /** Goes on until everything wanted is received (null), or something is lacking. */
  async #advance(work: ReceiveWork): Promise<Halt | null> {
    for (let copy = work.next(); copy !== undefined; copy = work.next()) {
      const received = await this.#step(work, copy);
      if ('outcome' in received) {
        work.done(copy, received.outcome);
        this.#options.lot.remove(copy.event.event_id);
      } else if (received.replays !== undefined) {
        return { copy, replays: received.replays };
      } else if (!work.first(received.lacking)) {
        return received;
      }
    }
    return null;
  }

  /** One step with one copy, and its write. Once more with the room opened anew if somebody else's write failed in between. */
  async #step(work: ReceiveWork, copy: UnverifiedCopy): Promise<Step> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#withRoom(copy, work.room_id, (open) => this.#receive(open, copy, work));
      } catch (error) {
        if (error instanceof WorkLimitError) return { outcome: { kind: 'dropped', fault: { rule: WORK_RULE, detail: error.message } } };
        if (!(error instanceof RoomDiscarded) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  async #receive(open: OpenRoom, copy: UnverifiedCopy, work: ReceiveWork): Promise<Step> {
    const { needs, rooms, writer, limits } = this.#options;
    const bounds = work.turn?.event_id === copy.event.event_id ? {} : { maxReplayed: limits.replayed };
    const write = work.isWanted(copy.event.event_id) ? work.write : { outgoing: false };
    const before = write.outgoing ? await writer.serversOf(open) : [];
    await needs.prepare(open, copy);
    const solved = await needs.solve(open, () => {
      const answer = open.room.receive(copy, bounds);
      if (answer.needs === null && isKept(open, answer.value)) {
        open.beginWrite();
        rooms.add(open);
      }
      return answer;
    });
    if (solved.lacking !== null) return solved;
    const { outcome, effects } = solved.value;
    if (effects === null || !open.listed) return { outcome };
    const commit = await writer.write(open, effects, before, outcome.kind === 'accepted' ? write : { outgoing: false });
    this.#options.onCommit(commit);
    return { outcome };
  }

  /** The stored room, or, for a create event, a new one, which becomes one of the open rooms when it was written. */
  async #withRoom(copy: UnverifiedCopy, roomId: string, work: (open: OpenRoom) => Promise<Step>): ReturnType<typeof work> {
    const { rooms, store } = this.#options;
    if (rooms.inMemory(roomId) !== undefined || (await store.open(roomId)) !== undefined) return rooms.use(roomId, work);
    const { event } = copy;
    const { room_version: name } = event.content;
    const version = typeof name === 'string' ? roomVersion(name) : undefined;
    if (event.prev_events.length > 0 || version === undefined) throw new UnknownRoomError(roomId);
    const begin = async (guild: OpenRoom | null): ReturnType<typeof work> => {
      const made = Room.fromCreate(event, version, guild?.room);
      if (!made.ok) return { outcome: { kind: 'dropped', fault: { rule: made.rule, detail: made.detail } } };
      return rooms.useNew(new OpenRoom(made.value, guild, null), work);
    };
    const guildId = event.type === 'm.channel.create' ? event.content['guild'] : undefined;
    return typeof guildId === 'string' ? rooms.use(guildId, begin) : begin(null);
  }

  /** Gets hold of what is lacking: true if anything came that was not there before. */
  async #obtain(work: ReceiveWork, lacking: readonly Lacking[]): Promise<boolean> {
    const { copies, ends } = this.#options.lot.chainsOf(lacking);
    let obtained = false;
    for (const [roomId, wanted] of Map.groupBy(ends, (one) => one.room_id)) {
      const ids = wanted.map((one) => one.event_id);
      const found = roomId === work.room_id ? await this.#fetchInto(work, ids) : await this.#obtainElsewhere(work, roomId, ids);
      obtained ||= found;
    }
    if (!obtained) return false;
    // What waits here may go on as well.
    for (const copy of copies)
      if (copy.event.room_id === work.room_id && !work.outcomes.has(copy.event.event_id)) work.copies.set(copy.event.event_id, copy);
    return true;
  }

  /** Events of the guild that a channel's event cites: fetched and received there. */
  async #obtainElsewhere(work: ReceiveWork, roomId: string, ids: readonly string[]): Promise<boolean> {
    const guild = new ReceiveWork(roomId, work.from, work.budget);
    const fresh = ids.filter((id) => !work.tried.has(id));
    for (const id of fresh) work.tried.add(id);
    if (fresh.length === 0 || !(await this.#fetchInto(guild, fresh))) return false;
    for (const id of fresh) {
      const copy = guild.copies.get(id);
      if (copy !== undefined) guild.want(copy);
    }
    await this.run(guild);
    return fresh.some((id) => guild.outcomes.has(id) && guild.outcomes.get(id)?.kind !== 'parked');
  }

  /** Asks other servers. Copies that are malformed, or of another room, count for nothing. */
  async #fetchInto(work: ReceiveWork, ids: readonly string[]): Promise<boolean> {
    const { fetchMissing, readCopy, store, onError } = this.#options;
    const { budget } = work;
    const fresh = ids.filter((id) => !work.tried.has(id));
    for (const id of fresh) work.tried.add(id);
    const version = roomVersion((await store.open(work.room_id))?.room_version ?? '');
    if (fresh.length === 0 || version === undefined || budget.fetches <= 0 || budget.events <= 0) return false;
    budget.fetches -= 1;
    let fetched: readonly JsonValue[] = [];
    try {
      fetched = await fetchMissing(work.room_id, fresh, work.from);
    } catch (error) {
      onError(new StorageError(`missing events of ${work.room_id} could not be fetched`, { cause: error }));
    }
    for (const pdu of fetched.slice(0, budget.events)) {
      budget.events -= 1;
      const copy = readCopy(pdu, version);
      if (!copy.ok || copy.value.event.room_id !== work.room_id) continue;
      const { event_id } = copy.value.event;
      if (!work.outcomes.has(event_id) && !work.copies.has(event_id)) work.copies.set(event_id, copy.value);
    }
    this.#options.needs.ahead([...work.copies.values()].flatMap((copy) => copy.signatures));
    return fresh.some((id) => work.copies.has(id));
  }

  #park(work: ReceiveWork, copy: UnverifiedCopy, missing: readonly Lacking[]): void {
    this.#options.lot.park({ room_id: work.room_id, copy, origin: originOf(work, copy), missing });
  }
}

/** Whether there is anything to write. A room whose create event is rejected is none: nothing is kept of it. */
function isKept(open: OpenRoom, { outcome, effects }: Received): boolean {
  return effects !== null && (open.listed || outcome.kind !== 'rejected');
}

/** Who brought a copy. What comes from here counts by its sender's server. */
function originOf(work: ReceiveWork, copy: UnverifiedCopy): string {
  return work.from ?? serverOf(copy.event.sender);
}
