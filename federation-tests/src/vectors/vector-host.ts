import {
  type Ask,
  checkCopy,
  type Fault,
  type JsonValue,
  NO_VOIDS,
  type Outcome,
  type Room,
  roomVersion,
  type StateEntry,
  StateMap,
  type StoredEvent,
} from '@openguild/core';
import {
  MemoryStore,
  type Parked,
  RoomRunner,
  type RoomStore,
  type Store,
  UnknownRoomError,
  verifyWithNode,
  type VerifyServers,
} from '@openguild/storage';

/** What the pipeline made of one event. `unknown-room`: its room has no create event here, because that was rejected or never came. */
export type Received = Outcome | Parked | { readonly kind: 'unknown-room' };

/** The whole receipt pipeline with nothing around it: RoomRunner on a store in memory, no other servers, a clock that stands still. */
export class VectorHost {
  readonly #store: MemoryStore;
  readonly #runner: RoomRunner;
  /** Events of other rooms that are known and accepted there. */
  readonly #elsewhere = new Map<string, StoredEvent>();

  constructor(verifyServers?: VerifyServers) {
    this.#store = new MemoryStore();
    this.#runner = new RoomRunner({
      store: withEventsElsewhere(this.#store, this.#elsewhere),
      verify: verifyWithNode,
      ...(verifyServers === undefined ? {} : { verifyServers }),
      fetchMissing: () => Promise.resolve([]),
      now: () => 0,
      ownServer: 'vectors.invalid',
    });
  }

  async receive(roomId: string, pdu: JsonValue, version: string): Promise<Received> {
    try {
      return await this.#runner.receive(roomId, pdu, { from: null, version });
    } catch (error) {
      if (error instanceof UnknownRoomError) return { kind: 'unknown-room' };
      throw error;
    }
  }

  ask<T>(roomId: string, question: (room: Room) => Ask<T>): Promise<T> {
    return this.#runner.ask(roomId, question);
  }

  async knows(roomId: string): Promise<boolean> {
    return (await this.#store.rooms.open(roomId)) !== undefined;
  }

  async stateAfter(roomId: string, eventIds: readonly string[]): Promise<readonly StateEntry[]> {
    return [...(await this.ask(roomId, (room) => room.stateAfter(eventIds))).entries()];
  }

  /**
   * Keeps a faulty copy's event as a rejected one, where a history counts a missing signature as a rejection and lets later events follow it. No server does
   * that: it drops the copy, and what follows it waits.
   */
  async keepRejected(roomId: string, pdu: JsonValue, version: string, fault: Fault): Promise<void> {
    const record = roomVersion(version);
    const copy = record === undefined ? undefined : checkCopy(pdu, record);
    const room = await this.#store.rooms.open(roomId);
    if (copy?.ok !== true || room === undefined) return;
    const { event } = copy.value;
    // Nothing of this room can follow what is not of this room.
    if (event.room_id !== roomId) return;
    const prevIds = [...new Set(event.prev_events)];
    const prev = await this.#store.rooms.events(roomId, prevIds);
    if (prev.length < prevIds.length) return;
    const depth = prev.reduce((most, one) => Math.max(most, one.depth + 1), 0);
    const [first] = prevIds;
    const cited = prev.find((one) => one.event.event_id === first);
    const base = cited?.verdict === 'rejected' ? cited.state_base : (first ?? null);
    const stateAt = (ids: readonly string[]): Promise<StateMap> => this.ask(roomId, (one) => one.stateAfter(ids));
    const before = base === null ? StateMap.EMPTY : await stateAt([base]);
    const delta = first === undefined ? [] : before.changesTo(await stateAt(prevIds));
    const stored: StoredEvent = {
      event,
      verdict: 'rejected',
      fault,
      soft_failed: false,
      rank: 0,
      depth,
      void_delta: NO_VOIDS,
      state_base: base,
      state_delta: delta,
    };
    const effects = { room_id: roomId, stored, creates_room: false, extremities: null, enters_history: [], state_changes: [] };
    await this.#store.rooms.commit({ room, effects, destinations: [], received_ts: 0 });
  }

  /** Makes an event of another room known: one that this room's events wrongly cite. */
  knowElsewhere(stored: StoredEvent): void {
    this.#elsewhere.set(stored.event.event_id, stored);
  }
}

/** The same store, which finds these events whatever room they are asked for in, as a server that is in both rooms does. */
function withEventsElsewhere(store: Store, elsewhere: ReadonlyMap<string, StoredEvent>): Store {
  const rooms: RoomStore = new Proxy(store.rooms, {
    get(target, name, receiver) {
      if (name !== 'events') {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : Reflect.get(target, name, receiver);
      }
      return async (roomId: string, ids: readonly string[], ancestors?: number) => [
        ...(await target.events(roomId, ids, ancestors)),
        ...ids.flatMap((id) => elsewhere.get(id) ?? []),
      ];
    },
  });
  return { ...methodsOf(store), rooms };
}

function methodsOf(store: Store): Store {
  const { accounts, devices, inbound, invites, media, outgoing, rooms, toDevice, values } = store;
  return { accounts, devices, inbound, invites, media, outgoing, rooms, toDevice, values, close: () => store.close() };
}
