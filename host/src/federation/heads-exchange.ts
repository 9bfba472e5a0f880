import { isEventId, type JsonObject, type JsonValue, type RoomSnapshot } from '@openguild/core';
import type { Store } from '@openguild/storage';
import type { Logger } from 'pino';
import type { CancelTimer, Platform } from '../platform/platform.ts';
import type { Rooms } from '../services/rooms.ts';
import type { Access } from './access.ts';
import { collectMissing } from './collect-missing.ts';
import { PeerUnreachableError } from './guarded-fetch.ts';
import type { FederationLimits } from './limits.ts';
import type { Merger } from './merger.ts';
import { type PeerClient, PeerRefusedError } from './peer-client.ts';

/** Where a room ends on one server, and the state there. */
export interface RoomHeads {
  readonly heads: readonly string[];
  readonly state_hash: string;
}

export interface HeadsExchangeOptions {
  readonly serverName: string;
  readonly store: Store;
  readonly rooms: Rooms;
  readonly access: Access;
  readonly client: PeerClient;
  readonly merger: Merger;
  /** ENG-15: rooms of which it matters whether a server has told all it knows. */
  readonly restored: { has(roomId: string): boolean; compared(server: string, roomId: string): void };
  readonly platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly limits: FederationLimits;
  /** FED-60: how soon after activity in a room heads are exchanged, milliseconds. */
  readonly afterMs: number;
  readonly logger: Logger;
}

/** Key-value space of divergences that were found: `<room> <server>` -> what differed. */
export const DIVERGED = 'federation.diverged';

/** At most this many events of one room are gathered in one comparison; what is left comes with the next. */
const PAGES = 50;

/** Events of one comparison that could not be taken in before the rest is left. */
const MAX_USELESS = 20;

/**
 * Keeps servers in step even if a delivery was lost: after activity in a room, and when a server answers again, both sides tell each other where the room ends
 * (FED-60), fetch what they do not know (FED-61), and see whether the same history gave the same state (FED-62).
 */
export class HeadsExchange {
  readonly #options: HeadsExchangeOptions;
  readonly #touched = new Set<string>();
  /** Servers to exchange all shared rooms with. */
  readonly #returned = new Set<string>();
  readonly #comparing = new Map<string, Promise<void>>();
  #cancelTimer: CancelTimer | undefined;
  #running: Promise<void> | undefined;
  #stopped = true;
  #divergences = 0;

  constructor(options: HeadsExchangeOptions) {
    this.#options = options;
  }

  /** How often equal heads had unequal states. Anything but 0 is a bug in one of the two servers. */
  get divergences(): number {
    return this.#divergences;
  }

  start(): void {
    this.#stopped = false;
    if (this.#touched.size + this.#returned.size > 0) this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#running;
    await Promise.all(this.#comparing.values());
  }

  /** Something happened in this room. */
  touch(roomId: string): void {
    this.#touched.add(roomId);
    this.#schedule();
  }

  /** This server answers again: everything shared with it is compared at once. */
  returned(server: string): void {
    this.#returned.add(server);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#schedule(0);
  }

  /** Compares these rooms, or all of them, with a server now, as far as it gets their events. */
  async with(server: string, roomIds?: readonly string[]): Promise<void> {
    const shared: string[] = [];
    for (const room_id of roomIds ?? (await this.#options.store.rooms.list()).map((room) => room.room_id)) {
      if ((await this.#alone(room_id, () => this.#options.access.receives(room_id, server))) === true) shared.push(room_id);
    }
    await this.#exchange(server, shared);
  }

  /** FED-60, answering: the same of this host, for the rooms whose new events that server gets; others are left out. Compares in the background. */
  async answer(server: string, theirs: Readonly<Record<string, RoomHeads>>): Promise<Record<string, JsonValue>> {
    const ours: Record<string, JsonValue> = {};
    for (const [roomId, heads] of Object.entries(theirs)) {
      await this.#alone(roomId, async () => {
        const room = await this.#options.store.rooms.open(roomId);
        if (room === undefined || !(await this.#options.access.receives(roomId, server))) return;
        ours[roomId] = asJson(await this.#headsOf(roomId));
        this.#compareLater(server, roomId, heads);
      });
    }
    return ours;
  }

  #schedule(ms: number = this.#options.afterMs): void {
    if (this.#stopped || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#options.platform.setTimer(ms, () => {
      this.#cancelTimer = undefined;
      // One round at a time: a second would ask the same.
      this.#running = (this.#running ?? Promise.resolve()).then(() => this.#round());
    });
  }

  async #round(): Promise<void> {
    try {
      const servers = [...this.#returned];
      this.#returned.clear();
      for (const server of servers) if (!this.#stopped) await this.with(server);
      const rooms = [...this.#touched];
      this.#touched.clear();
      for (const [server, shared] of await this.#byServer(rooms)) if (!this.#stopped) await this.#exchange(server, shared);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'exchange of heads failed');
    }
  }

  async #byServer(roomIds: readonly string[]): Promise<Map<string, string[]>> {
    const servers = new Map<string, string[]>();
    for (const roomId of roomIds) {
      for (const server of (await this.#alone(roomId, () => this.#options.rooms.ask(roomId, (room) => room.servers()))) ?? []) {
        if (server === this.#options.serverName) continue;
        servers.set(server, [...(servers.get(server) ?? []), roomId]);
      }
    }
    return servers;
  }

  async #exchange(server: string, roomIds: readonly string[]): Promise<void> {
    const { client, limits, logger } = this.#options;
    for (let i = 0; i < roomIds.length; i += limits.heads_rooms) {
      const ours: Record<string, JsonValue> = {};
      for (const roomId of roomIds.slice(i, i + limits.heads_rooms)) {
        const heads = await this.#alone(roomId, () => this.#headsOf(roomId));
        // One with more ends than the other reads would have all rooms refused. It is merged soon (FED-65).
        if (heads !== undefined && heads.heads.length <= MAX_HEADS) ours[roomId] = asJson(heads);
      }
      if (Object.keys(ours).length === 0) continue;
      try {
        const { rooms } = await client.post(server, '/_federation/heads', { rooms: ours });
        if (typeof rooms !== 'object' || rooms === null || Array.isArray(rooms)) continue;
        for (const [roomId, value] of Object.entries(rooms as JsonObject)) {
          const theirs = readHeads(value);
          if (theirs !== undefined && Object.hasOwn(ours, roomId)) await this.#alone(roomId, () => this.#compare(server, roomId, theirs));
        }
      } catch (error) {
        if (!(error instanceof PeerUnreachableError) && !(error instanceof PeerRefusedError)) throw error;
        logger.debug({ server, error: error.message }, 'no exchange of heads');
        return;
      }
    }
  }

  /** What goes wrong with one room must not keep the others from being compared. */
  async #alone<T>(roomId: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#options.logger.error({ room: roomId, err: error }, 'a room could not be compared');
      return undefined;
    }
  }

  #compareLater(server: string, roomId: string, theirs: RoomHeads): void {
    const key = `${roomId} ${server}`;
    // A comparison that is under way looks at our own latest heads, and the peer will tell its own again.
    if (this.#stopped || this.#comparing.has(key)) return;
    const running = this.#compare(server, roomId, theirs)
      .catch((error: unknown) => this.#options.logger.error({ room: roomId, server, err: error }, 'comparing heads failed'))
      .finally(() => this.#comparing.delete(key));
    this.#comparing.set(key, running);
  }

  async #compare(server: string, roomId: string, theirs: RoomHeads): Promise<void> {
    const room = await this.#options.store.rooms.open(roomId);
    if (room === undefined) return;
    await this.#fetch(server, room, theirs.heads);
    await this.#toldAll(server, roomId, theirs.heads);
    const ours = await this.#headsOf(roomId);
    if (sameHeads(ours.heads, theirs.heads)) {
      this.#options.merger.inStep(roomId, server);
      if (ours.state_hash !== theirs.state_hash) await this.#alarm(server, roomId, ours, theirs);
      return;
    }
    // FED-63: heads of ours that the other side does not follow.
    await this.#options.merger.lacking(
      roomId,
      server,
      ours.heads.filter((id) => !theirs.heads.includes(id)),
    );
  }

  /** FED-61: heads that are not known here stand for history that did not arrive. */
  async #fetch(server: string, room: RoomSnapshot, heads: readonly string[]): Promise<void> {
    const { store, client, rooms, logger } = this.#options;
    const { events, missing } = await collectMissing({ client, store: store.rooms }, room, heads, server, PAGES);
    let useless = 0;
    for (const { pdu } of events) {
      const { kind } = await rooms.receive(room.room_id, pdu, { from: server });
      if (kind === 'dropped' || kind === 'parked') useless += 1;
      // What comes later cites these: more of it would be of as little use.
      if (this.#stopped || useless > MAX_USELESS) break;
    }
    if (events.length > 0 || missing.length > 0) {
      logger.info({ room: room.room_id, server, got: events.length, missing: missing.length }, 'caught up from heads');
    }
  }

  /** ENG-15. Accepted or not: what counts is that the event, and so its past, is here. */
  async #toldAll(server: string, roomId: string, heads: readonly string[]): Promise<void> {
    const { restored, store } = this.#options;
    if (heads.length === 0 || !restored.has(roomId)) return;
    const known = await store.rooms.events(roomId, heads);
    if (known.length === new Set(heads).size) restored.compared(server, roomId);
  }

  async #headsOf(roomId: string): Promise<RoomHeads> {
    return this.#options.rooms.ask(roomId, (room) => {
      const hash = room.stateHash();
      return hash.needs === null ? { needs: null, value: { heads: [...room.extremities], state_hash: hash.value } } : hash;
    });
  }

  /** FED-62: the same history with another state: a bug on one side. Kept, so that it can be replayed; never acted upon. */
  async #alarm(server: string, roomId: string, ours: RoomHeads, theirs: RoomHeads): Promise<void> {
    const { logger, store, platform } = this.#options;
    const key = `${roomId} ${server}`;
    const before = await store.values.get(DIVERGED, key);
    const heads = [...ours.heads];
    if (before !== undefined && JSON.stringify(before['heads']) === JSON.stringify(heads)) return;
    this.#divergences += 1;
    logger.error(
      { room: roomId, server, heads, ours: ours.state_hash, theirs: theirs.state_hash },
      'DIVERGED: equal heads, unequal states',
    );
    await store.values.set(DIVERGED, key, { heads, ours: ours.state_hash, theirs: theirs.state_hash, found_ts: platform.now() });
  }
}

function asJson({ heads, state_hash }: RoomHeads): JsonObject {
  return { heads: [...heads], state_hash };
}

const MAX_HEADS = 200;

function readHeads(value: JsonValue): RoomHeads | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { heads, state_hash } = value as JsonObject;
  if (!Array.isArray(heads) || heads.length > MAX_HEADS || typeof state_hash !== 'string') return undefined;
  return { heads: heads.filter((id): id is string => typeof id === 'string' && isEventId(id)), state_hash };
}

function sameHeads(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
