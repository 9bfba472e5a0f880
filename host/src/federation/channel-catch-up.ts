import { nativeVersion, type StateChange } from '@openguild/core';
import type { Store } from '@openguild/storage';
import type { Logger } from 'pino';
import { HostError } from '../http/errors.ts';
import type { CancelTimer, Platform } from '../platform/platform.ts';
import type { Rooms } from '../services/rooms.ts';
import { PeerUnreachableError } from './guarded-fetch.ts';
import { viewableChannels } from './local-members.ts';
import { PeerRefusedError } from './peer-client.ts';
import { type RoomLogOptions, takeInRoom } from './room-log.ts';

export interface ChannelCatchUpOptions {
  readonly serverName: string;
  readonly store: Store;
  readonly rooms: Rooms;
  readonly log: RoomLogOptions;
  readonly platform: Pick<Platform, 'setTimer'>;
  readonly logger: Logger;
  /** The room should be compared with all others soon. */
  readonly compare: (roomId: string) => void;
  /** Compares these rooms with one server now. */
  readonly compareWith: (server: string, roomIds: readonly string[]) => Promise<void>;
}

/** Guild state that decides who may view which channel. */
const DECIDES_VIEW: ReadonlySet<string> = new Set([
  'm.guild.authority',
  'm.guild.member_roles',
  'm.guild.channel',
  'm.channel.overwrites',
  'm.room.member',
  'm.server.admission',
]);

const SOON_MS = 200;
const AGAIN_MS = 30_000;

/** Servers with which a channel is compared at once. */
const ASKED = 2;

/**
 * Takes in channels that local members may view and this host does not have: at a join, when a role, an overwrite or the list of channels changes, and at a start. A
 * channel that is here but was hidden for a while is compared with the others, who then send what it lacks.
 */
export class ChannelCatchUp {
  readonly #options: ChannelCatchUpOptions;
  readonly #timers = new Map<string, CancelTimer>();
  readonly #running = new Map<string, Promise<void>>();
  /** Guild -> its channels that local members could view when last looked at. */
  readonly #viewable = new Map<string, ReadonlySet<string>>();
  #stopped = true;

  constructor(options: ChannelCatchUpOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    for (const room of await this.#options.store.rooms.list()) if (room.kind === 'guild') this.#later(room.room_id, SOON_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await Promise.all(this.#running.values());
  }

  /** This changed in a guild's state. */
  changed(guildId: string, changes: readonly StateChange[]): void {
    if (changes.some(([type]) => DECIDES_VIEW.has(type))) this.#later(guildId, SOON_MS);
  }

  /** Takes in what is lacking now, from this server first. Failures are tried again later. */
  async now(guildId: string, server?: string): Promise<void> {
    const before = this.#running.get(guildId) ?? Promise.resolve();
    const running = before
      .then(() => this.#run(guildId, server))
      .catch((error: unknown) => this.#options.logger.error({ guild: guildId, err: error }, 'catching up with channels failed'))
      .finally(() => {
        if (this.#running.get(guildId) === running) this.#running.delete(guildId);
      });
    this.#running.set(guildId, running);
    await running;
  }

  async #run(guildId: string, first: string | undefined): Promise<void> {
    const { store, rooms, serverName } = this.#options;
    const guild = await store.rooms.open(guildId);
    if (guild === undefined) return;
    const before = this.#viewable.get(guildId);
    const viewable = await viewableChannels(rooms, guildId, serverName);
    const others = (await rooms.ask(guildId, (room) => room.servers())).filter((name) => name !== serverName);
    const servers = first === undefined ? others : [first, ...others.filter((name) => name !== first)];
    const known: string[] = [];
    let failed = false;
    for (const channel of viewable) {
      if ((await store.rooms.open(channel)) !== undefined) known.push(channel);
      else if (!(await this.#takeIn(channel, guild.room_version, servers))) failed = true;
    }
    this.#viewable.set(guildId, new Set(viewable));
    // Since a start all rooms are compared anyway, what was viewable before the first look needs it only when somebody joins.
    const isNew = (channel: string): boolean => (before === undefined ? first !== undefined : !before.has(channel));
    await this.#compare(known.filter(isNew), servers);
    if (failed) this.#later(guildId, AGAIN_MS);
  }

  /** Channels that are here, but may lack what was said while nobody here could view them. */
  async #compare(channels: readonly string[], servers: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    for (const server of servers.slice(0, ASKED)) await this.#options.compareWith(server, channels);
    for (const channel of channels) this.#options.compare(channel);
  }

  async #takeIn(channel: string, version: string, servers: readonly string[]): Promise<boolean> {
    const { log, logger } = this.#options;
    if (nativeVersion(version) === undefined) return true;
    for (const server of servers.slice(0, 5)) {
      if (this.#stopped) return true;
      try {
        const { events } = await takeInRoom(log, channel, version, server);
        logger.info({ channel, server, events }, 'took in a channel');
        return true;
      } catch (error) {
        if (!(error instanceof HostError || error instanceof PeerUnreachableError || error instanceof PeerRefusedError)) throw error;
        logger.info({ channel, server, error: error.message }, 'could not take in a channel');
      }
    }
    return servers.length === 0;
  }

  #later(guildId: string, ms: number): void {
    if (this.#stopped || this.#timers.has(guildId)) return;
    const cancel = this.#options.platform.setTimer(ms, () => {
      this.#timers.delete(guildId);
      void this.now(guildId);
    });
    this.#timers.set(guildId, cancel);
  }
}
