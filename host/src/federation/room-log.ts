import { checkCopy, type JsonObject, type JsonValue, type RoomVersion, nativeVersion } from '@openguild/core';
import { UnknownRoomError } from '@openguild/storage';
import type { Logger } from 'pino';
import { HostError } from '../http/errors.ts';
import type { Rooms } from '../services/rooms.ts';
import { MAX_PAGE } from './limits.ts';
import type { PeerClient } from './peer-client.ts';

export interface RoomLogOptions {
  readonly rooms: Rooms;
  readonly client: PeerClient;
  /** Most events taken in at once. */
  readonly maxEvents: number;
  readonly logger: Logger;
}

/** Copies of one room's log that were of no use before the whole log is given up. An honest server sends none; a few may be of a later kind. */
const MAX_USELESS = 100;

/**
 * FED-55, asking side: takes in a whole room from one server, from its create event on. Every event is verified as if it came alone; the server that sends
 * them is believed in nothing. Bounded by the number of events: every page must bring new ones. Events that are here already cost little, so an
 * interrupted run is simply begun anew. Throws HostError, and what PeerClient throws.
 */
export async function takeInRoom(
  options: RoomLogOptions,
  roomId: string,
  version: string,
  server: string,
): Promise<{ readonly events: number }> {
  const known = nativeVersion(version);
  if (known === undefined) throw new HostError('UNSUPPORTED_VERSION', `room version ${version} is unknown here`, { rule: 'FED-35' });
  const run = new LogRun(options, roomId, known, server);
  for (let after: string | null = null; ; ) {
    const query: Record<string, string> = { room_id: roomId, limit: String(MAX_PAGE), ...(after === null ? {} : { after }) };
    const page: JsonObject = await options.client.get(server, '/_federation/log', query);
    const { next } = page;
    const events = Array.isArray(page['events']) ? page['events'].slice(0, MAX_PAGE) : [];
    // A server that does not look ahead ends with an empty page.
    if (events.length > 0 || after === null || typeof next === 'string') await run.takeIn(events);
    if (typeof next !== 'string') return { events: run.count };
    after = next;
  }
}

class LogRun {
  readonly #options: RoomLogOptions;
  readonly #roomId: string;
  readonly #version: RoomVersion;
  readonly #server: string;
  readonly #seen = new Set<string>();
  #useless = 0;

  constructor(options: RoomLogOptions, roomId: string, version: RoomVersion, server: string) {
    this.#options = options;
    this.#roomId = roomId;
    this.#version = version;
    this.#server = server;
  }

  get count(): number {
    return this.#seen.size;
  }

  async takeIn(page: readonly JsonValue[]): Promise<void> {
    const before = this.#seen.size;
    for (const pdu of page) await this.#takeInOne(pdu);
    if (this.#seen.size === before) throw this.#broken('sent a page without new events');
    if (this.#seen.size > this.#options.maxEvents) throw this.#broken(`has more than ${this.#options.maxEvents} events in the room`);
  }

  async #takeInOne(pdu: JsonValue): Promise<void> {
    const copy = checkCopy(pdu, this.#version);
    const first = this.#seen.size === 0;
    if (!copy.ok || copy.value.event.room_id !== this.#roomId || this.#seen.has(copy.value.event.event_id)) {
      // The room ID is the create event's own hash, so nobody can begin another room under it.
      if (first) throw this.#broken('did not begin with the create event');
      return this.#wasUseless();
    }
    this.#seen.add(copy.value.event.event_id);
    const received = await this.#receive(pdu);
    // A channel may be created by citing guild events that are not followed here yet (AUTH-2.7): it is a room all the same.
    if (first && received !== 'accepted' && received !== 'known' && received !== 'soft-failed')
      throw this.#broken('sent a create event that does not stand');
    if (received === 'dropped' || received === 'parked') this.#wasUseless();
  }

  async #receive(pdu: JsonValue): Promise<string> {
    const { rooms, logger } = this.#options;
    try {
      const received = await rooms.receive(this.#roomId, pdu, { from: this.#server, version: this.#version.id });
      if (received.kind !== 'accepted' && received.kind !== 'known') {
        logger.info({ room: this.#roomId, server: this.#server, received }, 'event of a room log not accepted');
      }
      return received.kind;
    } catch (error) {
      if (error instanceof UnknownRoomError) throw this.#broken('sent a room that begins with no valid create event');
      throw error;
    }
  }

  #wasUseless(): void {
    this.#useless += 1;
    if (this.#useless > MAX_USELESS) throw this.#broken(`sent more than ${MAX_USELESS} events of no use`);
  }

  #broken(what: string): HostError {
    return new HostError('BAD_GATEWAY', `${this.#server} ${what}`, { rule: 'FED-55' });
  }
}
