import { nativeVersion, redactEvent, roomVersion, serverKeys, type JsonObject, type RoomSnapshot, type StoredEvent } from '@openguild/core';
import type { Store } from '@openguild/storage';
import { HostError } from '../http/errors.ts';
import type { Rooms } from '../services/rooms.ts';

/** FED-50: the one answer to servers that have no part in a room, or ask for a room that there is not: both look the same. */
export function notAdmitted(): HostError {
  return new HostError('NOT_ADMITTED', 'no such room, or your server is not admitted to it', { rule: 'FED-50' });
}

const MAX_PEERS = 1_000;
const PEER_MS = 60_000;

/** What other servers may have of the rooms of this host. */
export class Access {
  readonly #store: Store;
  readonly #rooms: Rooms;
  readonly #now: () => number;
  /** Servers found admitted to some room -> until when that is believed. */
  readonly #peers = new Map<string, number>();

  constructor(store: Store, rooms: Rooms, now: () => number) {
    this.#store = store;
    this.#rooms = rooms;
    this.#now = now;
  }

  /** FED-50: the room, if that server is admitted in its present state (a channel's: its guild's). Throws NOT_ADMITTED. */
  async room(roomId: string, server: string): Promise<RoomSnapshot> {
    const snapshot = await this.#store.rooms.open(roomId);
    if (snapshot === undefined || !(await this.isAdmitted(roomId, server))) throw notAdmitted();
    return snapshot;
  }

  /** Is this server admitted in the present state of a stored room? */
  async isAdmitted(roomId: string, server: string): Promise<boolean> {
    // FED-35: rooms of Matrix versions are not exchanged, and their states admit nobody.
    return this.#rooms.ask(roomId, (room) =>
      nativeVersion(room.version.id) === undefined
        ? { needs: null, value: false }
        : room.judgeBy((view) => serverKeys(view, server).length > 0),
    );
  }

  /** FED-51: is this one of the servers that get the room's new events? */
  async receives(roomId: string, server: string): Promise<boolean> {
    return this.#rooms.ask(roomId, (room) => {
      if (nativeVersion(room.version.id) === undefined) return { needs: null, value: false };
      const servers = room.servers();
      return servers.needs === null ? { needs: null, value: servers.value.includes(server) } : servers;
    });
  }

  /**
   * FED-51: what an admitted server gets of these events of one room, order kept: guild events whole; channel events whole if the server has, or
   * at the event had, a member who may view the channel, else redacted.
   */
  async serve(room: RoomSnapshot, server: string, events: readonly StoredEvent[]): Promise<JsonObject[]> {
    const version = roomVersion(room.room_version);
    if (version === undefined) throw new Error(`stored room of unknown version ${room.room_version}`);
    const served: JsonObject[] = [];
    for (const { event } of events) {
      const how = room.kind === 'channel' ? await this.#rooms.ask(room.room_id, (each) => each.mayServe(event.event_id, server)) : 'whole';
      if (how === 'whole') served.push(event.pdu);
      if (how === 'redacted') served.push(redactEvent(event, version).pdu);
    }
    return served;
  }

  /** FED-56: is this server admitted to any room of this host? */
  async isPeer(server: string): Promise<boolean> {
    if ((this.#peers.get(server) ?? 0) > this.#now()) return true;
    this.#peers.delete(server);
    for (const room of await this.#store.rooms.list()) {
      if (room.kind === 'channel' || !(await this.isAdmitted(room.room_id, server))) continue;
      if (this.#peers.size >= MAX_PEERS) this.#peers.clear();
      this.#peers.set(server, this.#now() + PEER_MS);
      return true;
    }
    return false;
  }
}
