import type { RoomSnapshot, StateEntry, StoredEvent } from '@openguild/core';
import { checkCommit, checkSameRoom, refuseIf } from '../check-commit.ts';
import { InviteUnusableError, RoomMovedError, StoreClosedError, TransactionUsedError, UnknownEventError } from '../errors.ts';
import type {
  ClientTransaction,
  CommitReceipt,
  CommittedTransaction,
  DestinationState,
  OutgoingItem,
  OutgoingQueue,
  RoomCommit,
  RoomStore,
  StreamRow,
} from '../ports.ts';
import { MemoryEvents } from './memory-events.ts';
import type { MemoryInvites } from './memory-invites.ts';

interface Waiting {
  readonly sequence: number;
  readonly room_id: string;
  readonly event_id: string;
}

/** Rooms and the outgoing queue in maps. */
export class MemoryRooms implements RoomStore {
  readonly outgoing: OutgoingQueue;
  readonly #invites: MemoryInvites;
  readonly #rooms = new Map<string, MemoryEvents>();
  readonly #stream: { readonly position: number; readonly room_id: string; readonly event_id: string }[] = [];
  readonly #transactions = new Map<string, CommittedTransaction>();
  readonly #waiting = new Map<string, Map<string, Waiting>>();
  readonly #destinations = new Map<string, DestinationState>();
  #sequence = 0;
  #closed = false;

  constructor(invites: MemoryInvites) {
    this.#invites = invites;
    this.outgoing = this.#queue();
  }

  close(): void {
    this.#closed = true;
  }

  open(roomId: string): Promise<RoomSnapshot | undefined> {
    return Promise.resolve(this.#rooms.get(roomId)?.snapshot);
  }

  list(): Promise<readonly RoomSnapshot[]> {
    return Promise.resolve([...this.#rooms.values()].map((room) => room.snapshot));
  }

  events(roomId: string, ids: readonly string[], ancestors = 0): Promise<readonly StoredEvent[]> {
    return Promise.resolve(this.#rooms.get(roomId)?.withAncestors(ids, ancestors) ?? []);
  }

  stateAfter(roomId: string, eventId: string): Promise<readonly StateEntry[] | undefined> {
    return Promise.resolve(this.#rooms.get(roomId)?.stateAfter(eventId));
  }

  async commit(commit: RoomCommit): Promise<CommitReceipt> {
    if (this.#closed) throw new StoreClosedError();
    this.#check(commit);
    return this.#apply(commit);
  }

  stream(after: number, limit: number): Promise<readonly StreamRow[]> {
    // Position n is row n - 1: nothing is ever taken away.
    const page = this.#stream.slice(after, after + limit);
    return Promise.resolve(
      page.map(({ position, room_id, event_id }) => ({ position, room_id, stored: this.#events(room_id).get(event_id) as StoredEvent })),
    );
  }

  latest(roomId: string, upTo: number, limit: number): Promise<readonly StreamRow[]> {
    const rows = this.#rooms.get(roomId)?.latest(upTo, limit) ?? [];
    return Promise.resolve(rows.map((row) => ({ ...row, room_id: roomId })));
  }

  position(): Promise<number> {
    return Promise.resolve(this.#stream.length);
  }

  softFailed(roomId: string, rule: string, limit: number, after?: string): Promise<readonly string[]> {
    return Promise.resolve(this.#rooms.get(roomId)?.softFailed(rule, limit, after) ?? []);
  }

  byDepth(
    roomId: string,
    after: { readonly depth: number; readonly event_id: string } | null,
    limit: number,
  ): Promise<readonly StoredEvent[]> {
    return Promise.resolve(this.#rooms.get(roomId)?.byDepth(after, limit) ?? []);
  }

  clientTransaction(txn: ClientTransaction): Promise<CommittedTransaction | undefined> {
    return Promise.resolve(this.#transactions.get(transactionKey(txn)));
  }

  channelsOf(guildId: string): Promise<readonly string[]> {
    return Promise.resolve(
      [...this.#rooms.values()].filter((room) => room.snapshot.guild_id === guildId).map((room) => room.snapshot.room_id),
    );
  }

  #checkUnmoved(roomId: string, expected: readonly string[] | null | undefined): void {
    if (expected === null || expected === undefined) return;
    if (JSON.stringify(this.#rooms.get(roomId)?.snapshot.extremities) !== JSON.stringify(expected)) throw new RoomMovedError(roomId);
  }

  /** Everything that could keep the commit from being written, so that it is written whole or not at all. */
  #check(commit: RoomCommit): void {
    checkCommit(commit);
    const { room, effects, client_txn, use_invite, received_ts } = commit;
    const known = this.#rooms.get(room.room_id);
    this.#checkUnmoved(room.room_id, commit.expects?.room);
    if (room.guild_id !== null) this.#checkUnmoved(room.guild_id, commit.expects?.guild);
    if (known !== undefined) checkSameRoom(known.snapshot, room);
    if (room.guild_id !== null)
      refuseIf(this.#rooms.get(room.guild_id)?.snapshot.kind !== 'guild', `${room.guild_id} is no guild known here`);
    (known ?? new MemoryEvents(room)).check(effects.stored, effects.enters_history);
    if (client_txn !== undefined && this.#transactions.has(transactionKey(client_txn)))
      throw new TransactionUsedError('the client transaction was used');
    if (use_invite !== undefined && !this.#invites.redeem(use_invite, received_ts))
      throw new InviteUnusableError('the invite code cannot be used');
  }

  #apply({ room, effects, destinations, client_txn }: RoomCommit): CommitReceipt {
    const { room_id } = room;
    const { stored, enters_history } = effects;
    const events = this.#rooms.get(room_id) ?? new MemoryEvents({ ...room, extremities: [] });
    this.#rooms.set(room_id, events);
    if (effects.extremities !== null) events.snapshot = { ...events.snapshot, extremities: effects.extremities };
    events.put(stored);
    const positions = enters_history.map((event_id) => {
      const position = this.#stream.push({ position: this.#stream.length + 1, room_id, event_id });
      events.enterHistory(event_id, position);
      return position;
    });
    const { event_id } = stored.event;
    for (const destination of destinations) this.#enqueue(destination, room_id, event_id);
    if (client_txn !== undefined) {
      this.#transactions.set(transactionKey(client_txn), { room_id, event_id, position: events.positionOf(event_id) as number });
    }
    return { positions };
  }

  #events(roomId: string): MemoryEvents {
    return this.#rooms.get(roomId) as MemoryEvents;
  }

  #enqueue(destination: string, room_id: string, event_id: string): void {
    const waiting = this.#waiting.get(destination) ?? new Map<string, Waiting>();
    this.#waiting.set(destination, waiting);
    const key = JSON.stringify([room_id, event_id]);
    if (!waiting.has(key)) waiting.set(key, { sequence: ++this.#sequence, room_id, event_id });
  }

  #queue(): OutgoingQueue {
    return {
      enqueue: async (destination, roomId, eventIds) => {
        if (this.#closed) throw new StoreClosedError();
        const unknown = eventIds.filter((id) => this.#rooms.get(roomId)?.get(id) === undefined);
        if (unknown.length > 0) throw new UnknownEventError(roomId, unknown);
        for (const id of eventIds) this.#enqueue(destination, roomId, id);
      },
      destinations: async () => [...this.#waiting.keys()],
      peek: async (destination, limit): Promise<OutgoingItem[]> => {
        const items = [...(this.#waiting.get(destination)?.values() ?? [])].slice(0, limit);
        return items.map((item) => ({ ...item, pdu: (this.#events(item.room_id).get(item.event_id) as StoredEvent).event.pdu }));
      },
      delivered: async (destination, sequence) => {
        const waiting = this.#waiting.get(destination);
        for (const [key, item] of waiting ?? []) if (item.sequence <= sequence) waiting?.delete(key);
        if (waiting?.size === 0) this.#waiting.delete(destination);
        this.#destinations.delete(destination);
      },
      state: async (destination) => this.#destinations.get(destination) ?? { failures: 0, retry_at: 0 },
      setState: async (destination, state) => void this.#destinations.set(destination, state),
    };
  }
}

function transactionKey(txn: ClientTransaction): string {
  return JSON.stringify([txn.user_id, txn.device_id, txn.txn_id]);
}
