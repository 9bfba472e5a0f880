import type { HeldRooms, Store } from '@openguild/storage';
import type { Logger } from 'pino';
import type { CancelTimer, Platform } from '../platform/platform.ts';
import type { Rooms } from '../services/rooms.ts';

export interface RestoredRoomsOptions {
  readonly serverName: string;
  readonly held: HeldRooms;
  readonly store: Store;
  readonly rooms: Rooms;
  readonly platform: Pick<Platform, 'setTimer'>;
  /** Compares these rooms with a server now (FED-60); what was compared whole is told by `compared`. */
  readonly compareWith: (server: string, roomIds: readonly string[]) => Promise<void>;
  readonly logger: Logger;
}

/** First and longest pause between two rounds, milliseconds. */
const [PAUSE_MS, LONGEST_PAUSE_MS] = [1_000, 300_000];

/**
 * ENG-15, after a backup was restored: asks the other servers of every held room where it ends there, takes in what they have, this server's own lost events among it, and lets the
 * room go. Every server of the room is asked before, since they may have got different events; one that has told all it knows is enough, since another may be gone for good.
 */
export class RestoredRooms {
  readonly #options: RestoredRoomsOptions;
  /** Held room -> servers whose heads are all known here. */
  readonly #compared = new Map<string, Set<string>>();
  #round: Promise<void> | undefined;
  #cancelTimer: CancelTimer | undefined;
  #pauseMs = PAUSE_MS;
  #stopped = true;

  constructor(options: RestoredRoomsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    const { held, logger } = this.#options;
    if (held.rooms.length === 0) return;
    logger.warn(
      { rooms: held.rooms.length },
      'restored from a backup: nothing is made in a room until others have returned what is missing',
    );
    this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#round;
  }

  has(roomId: string): boolean {
    return this.#options.held.has(roomId);
  }

  /** Every event at which the room ends on that server is stored here, and so is its past. */
  compared(server: string, roomId: string): void {
    if (!this.has(roomId)) return;
    this.#compared.set(roomId, (this.#compared.get(roomId) ?? new Set()).add(server));
    if (this.#round === undefined) this.#run();
  }

  #run(): void {
    if (this.#stopped || this.#round !== undefined) return;
    this.#cancelTimer?.();
    this.#round = this.#askAll()
      .catch((error: unknown) => this.#options.logger.error({ err: error }, 'getting back what a backup lacks failed'))
      .finally(() => {
        this.#round = undefined;
        if (this.#stopped || this.#options.held.rooms.length === 0) return;
        this.#cancelTimer = this.#options.platform.setTimer(this.#pauseMs, () => this.#run());
        this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
      });
  }

  /** Guilds first: their state says who has a channel, and a channel's next event cites them. */
  async #askAll(): Promise<void> {
    const { held, store } = this.#options;
    const known = (await store.rooms.list()).filter((room) => held.has(room.room_id));
    await this.#ask(known.filter((room) => room.guild_id === null).map((room) => room.room_id));
    await this.#ask(known.filter((room) => room.guild_id !== null && !held.has(room.guild_id)).map((room) => room.room_id));
  }

  async #ask(roomIds: readonly string[]): Promise<void> {
    const servers = new Map<string, readonly string[]>();
    for (const roomId of roomIds) servers.set(roomId, await this.#othersIn(roomId));
    for (const server of new Set([...servers.values()].flat())) {
      if (this.#stopped) return;
      await this.#options.compareWith(
        server,
        roomIds.filter((roomId) => servers.get(roomId)?.includes(server)),
      );
    }
    for (const [roomId, others] of servers) if (others.length === 0 || this.#compared.has(roomId)) await this.#release(roomId);
  }

  async #othersIn(roomId: string): Promise<readonly string[]> {
    const { rooms, serverName } = this.#options;
    return (await rooms.ask(roomId, (room) => room.servers())).filter((server) => server !== serverName);
  }

  async #release(roomId: string): Promise<void> {
    const servers = [...(this.#compared.get(roomId) ?? [])];
    await this.#options.held.release(roomId);
    this.#compared.delete(roomId);
    this.#pauseMs = PAUSE_MS;
    this.#options.logger.info({ room: roomId, servers }, 'what the backup lacked is back');
  }
}
