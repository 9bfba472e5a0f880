import { isEventId, isUserId, type JsonValue, type RoomSnapshot, serverOf } from '@openguild/core';
import type { RoomStore } from '@openguild/storage';
import type { Logger } from 'pino';
import { collectMissing } from './collect-missing.ts';
import type { FederationLimits } from './limits.ts';
import type { PeerClient } from './peer-client.ts';

export interface FetchMissingOptions {
  readonly serverName: string;
  readonly client: PeerClient;
  readonly store: RoomStore;
  readonly now: () => number;
  readonly limits: FederationLimits;
  readonly logger: Logger;
}

/** Pages of one fetch; what lies further back is fetched when it turns out to be needed. */
const ROUNDS = 10;
const NEGATIVE_ENTRIES = 10_000;

/**
 * Fetches events that the engine needs: from the server that sent what cites them, then from a few others in the room. An event that nobody
 * had is not asked for again for a while, so that citing what does not exist gains nothing (FED-37).
 */
export class MissingFetcher {
  readonly #options: FetchMissingOptions;
  /** Event ID -> not before. Oldest first. */
  readonly #refused = new Map<string, number>();

  constructor(options: FetchMissingOptions) {
    this.#options = options;
  }

  /**
   * Copies of these events and of what they cite, causal order, unverified; possibly none. Reads only the store, since it is called while the room is busy.
   */
  async fetch(roomId: string, eventIds: readonly string[], from: string | null): Promise<JsonValue[]> {
    const { store, limits, client, logger, now } = this.#options;
    const room = await store.open(roomId);
    if (room === undefined) return [];
    let wanted = eventIds.filter((id) => isEventId(id) && (this.#refused.get(id) ?? 0) <= now());
    const events = new Map<string, JsonValue>();
    for (const server of await this.#servers(room, from)) {
      if (wanted.length === 0) break;
      const collected = await collectMissing({ client, store }, room, wanted, server, ROUNDS);
      for (const { event_id, pdu } of collected.events) events.set(event_id, pdu);
      wanted = wanted.filter((id) => !events.has(id));
      logger.debug({ room: roomId, server, got: collected.events.length, lacking: wanted.length }, 'fetched missing events');
    }
    for (const id of wanted) this.#refuse(id, now() + limits.fetch_negative_ms);
    return [...events.values()];
  }

  /** FED-37: the sender first, then the create event's server, then others with members, at most `fetch_servers`. */
  async #servers(room: RoomSnapshot, from: string | null): Promise<string[]> {
    const { store, serverName, limits } = this.#options;
    const servers = new Set<string>(from === null ? [] : [from]);
    servers.add(serverOf(room.room_id));
    const governor = room.guild_id === null ? room : await store.open(room.guild_id);
    for (const head of governor?.extremities ?? []) {
      if (servers.size > limits.fetch_servers) break;
      for (const [type, stateKey] of (await store.stateAfter(governor?.room_id ?? '', head)) ?? []) {
        if (type === 'm.room.member' && isUserId(stateKey)) servers.add(serverOf(stateKey));
      }
    }
    servers.delete(serverName);
    return [...servers].slice(0, limits.fetch_servers);
  }

  #refuse(id: string, until: number): void {
    this.#refused.delete(id);
    this.#refused.set(id, until);
    for (const [oldest] of this.#refused) {
      if (this.#refused.size <= NEGATIVE_ENTRIES) break;
      this.#refused.delete(oldest);
    }
  }
}
