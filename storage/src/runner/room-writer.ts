import type { Effects, Room, RoomSnapshot, StoredEvent } from '@openguild/core';
import { RoomMovedError, UnknownEventError } from '../errors.ts';
import type { CommitReceipt, RoomCommit, RoomStore } from '../ports.ts';
import type { NeedsServer } from './needs-server.ts';
import { type OpenRoom, type OpenRooms, RoomDiscarded } from './open-rooms.ts';

/** What was just written, for whoever wants to know. */
export interface Commit {
  readonly room: RoomSnapshot;
  readonly effects: Effects;
  /** Places in the stream of `effects.enters_history`, same order. */
  readonly positions: readonly number[];
  /** Events of `effects.enters_history`, same order, as they are stored now. */
  readonly stored: readonly StoredEvent[];
  /** Servers in whose outgoing queues the event was put. */
  readonly destinations: readonly string[];
}

/** What goes into the transaction beside the effects. */
export type WriteOptions = Pick<RoomCommit, 'client_txn' | 'use_invite'> & {
  /** The event is ours to send: to servers that get the room's events before it or after it. */
  readonly outgoing: boolean;
};

/** Writes the effects of steps, and works out where their events are to be sent. */
export class RoomWriter {
  readonly #store: RoomStore;
  readonly #rooms: OpenRooms;
  readonly #needs: NeedsServer;
  readonly #ownServer: string;
  readonly #now: () => number;

  constructor(options: { store: RoomStore; rooms: OpenRooms; needs: NeedsServer; ownServer: string; now: () => number }) {
    this.#store = options.store;
    this.#rooms = options.rooms;
    this.#needs = options.needs;
    this.#ownServer = options.ownServer;
    this.#now = options.now;
  }

  /** Servers that get the room's events as it stands. Empty before its create event. */
  async serversOf(open: OpenRoom, own = false): Promise<readonly string[]> {
    if (!open.isSettledFor(own)) await open.settled(own);
    const { room } = open;
    if (room.extremities.length === 0) return [];
    const heads = headsOf(room);
    if (open.servers?.heads === heads) return open.servers.names;
    let at = heads;
    const solved = await this.#needs.solve(
      open,
      () => {
        at = headsOf(room);
        return room.servers();
      },
      own,
    );
    if (solved.lacking !== null)
      throw new UnknownEventError(
        room.room_id,
        solved.lacking.map((one) => one.event_id),
      );
    open.servers = { heads: at, names: solved.value };
    return solved.value;
  }

  /**
   * Writes a step for which `open.beginWrite` was called. If that fails the room is discarded, since its memory is ahead of the store; and
   * it throws what the store throws, or RoomDiscarded if the guild was discarded meanwhile or another process wrote to the room or the guild.
   */
  async write(open: OpenRoom, effects: Effects, before: readonly string[], options: WriteOptions): Promise<Commit> {
    const { outgoing, ...more } = options;
    const room = open.room.snapshot();
    let destinations: string[] = [];
    let receipt: CommitReceipt;
    try {
      if (outgoing)
        destinations = [...new Set([...before, ...(await this.serversOf(open, true))])].filter((server) => server !== this.#ownServer);
      receipt = await this.#store.commit({ room, effects, destinations, received_ts: this.#now(), expects: expectationOf(open), ...more });
      open.stored = effects.extremities ?? open.stored;
    } catch (error) {
      if (!(error instanceof RoomMovedError)) {
        this.#rooms.discard(open);
        throw error;
      }
      // Another process wrote: what is in memory is old, and all is worked out anew.
      this.#rooms.discard(open.guild ?? open);
      throw new RoomDiscarded();
    } finally {
      open.written();
    }
    return { room, effects, positions: receipt.positions, stored: await this.#entered(effects), destinations };
  }

  async #entered({ room_id, stored, enters_history }: Effects): Promise<StoredEvent[]> {
    const others = enters_history.filter((id) => id !== stored.event.event_id);
    const loaded = others.length === 0 ? [] : await this.#store.events(room_id, others);
    const byId = new Map([...loaded, stored].map((one) => [one.event.event_id, one]));
    return enters_history.map((id) => byId.get(id) as StoredEvent);
  }
}

/** While this process writes to the guild as well, which of the two comes first is as good as the other. */
function expectationOf({ stored, guild }: OpenRoom): NonNullable<RoomCommit['expects']> {
  return { room: stored, guild: guild === null || guild.isBeingWritten ? null : guild.stored };
}

function headsOf(room: Room): string {
  return (room.guild ?? room).extremities.join(' ');
}
