import { BITS, effectivePermissions, isListed, membershipOf, serverOf, type StateChange } from '@openguild/core';
import type { Here } from './here.ts';
import { Refused, Unreachable } from '../environment/network.ts';
import { takeIn } from './take-in.ts';

const DECIDES_VIEW: ReadonlySet<string> = new Set([
  'm.guild.authority',
  'm.guild.member_roles',
  'm.guild.channel',
  'm.channel.overwrites',
  'm.room.member',
  'm.server.admission',
]);
const SOON = 200;
const AGAIN = 30_000;
const ASKED = 2;

/** Takes in channels that local members may view and that are not here; compares those that have become visible again. */
export class ChannelCatchUp {
  readonly #here: Here;
  readonly #compareWith: (server: string, roomIds: readonly string[]) => Promise<void>;
  readonly #touch: (roomId: string) => void;
  readonly #timers = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #viewable = new Map<string, ReadonlySet<string>>();

  constructor(
    here: Here,
    parts: { compareWith: (server: string, roomIds: readonly string[]) => Promise<void>; touch: (roomId: string) => void },
  ) {
    this.#here = here;
    this.#compareWith = parts.compareWith;
    this.#touch = parts.touch;
  }

  async start(): Promise<void> {
    for (const room of await this.#here.store.rooms.list()) if (room.kind === 'guild') this.#later(room.room_id, SOON);
  }

  changed(guildId: string, changes: readonly StateChange[]): void {
    if (changes.some(([type]) => DECIDES_VIEW.has(type))) this.#later(guildId, SOON);
  }

  async now(guildId: string, first?: string): Promise<void> {
    const running = (this.#running.get(guildId) ?? Promise.resolve()).then(() => this.#run(guildId, first));
    this.#running.set(
      guildId,
      running.catch(() => undefined),
    );
    await running;
  }

  async #run(guildId: string, first: string | undefined): Promise<void> {
    const { store, runner, name } = this.#here;
    const guild = await store.rooms.open(guildId);
    if (guild === undefined) return;
    const before = this.#viewable.get(guildId);
    const viewable = await this.#viewableNow(guildId);
    const others = (await runner.ask(guildId, (room) => room.servers())).filter((server) => server !== name);
    const servers = first === undefined ? others : [first, ...others.filter((server) => server !== first)];
    const known: string[] = [];
    let failed = false;
    for (const channel of viewable) {
      if ((await store.rooms.open(channel)) !== undefined) known.push(channel);
      else if (!(await this.#take(channel, guild.room_version, servers))) failed = true;
    }
    this.#viewable.set(guildId, new Set(viewable));
    const fresh = known.filter((channel) => (before === undefined ? first !== undefined : !before.has(channel)));
    if (fresh.length > 0) {
      for (const server of servers.slice(0, ASKED)) await this.#compareWith(server, fresh);
      for (const channel of fresh) this.#touch(channel);
    }
    if (failed) this.#later(guildId, AGAIN);
  }

  /** Listed channels that some joined local user may view. */
  #viewableNow(guildId: string): Promise<string[]> {
    const { runner, name } = this.#here;
    return runner.ask(guildId, (room) => {
      const state = room.currentState();
      if (state.needs !== null) return state;
      const users = [...state.value.ofType('m.room.member')].map(([user]) => user).filter((user) => serverOf(user) === name);
      const channels = [...state.value.ofType('m.guild.channel')].map(([channel]) => channel);
      return room.judgeBy((view) =>
        channels.filter(
          (channel) =>
            isListed(view, channel) &&
            users.some(
              (user) => membershipOf(view, user) === 'join' && (effectivePermissions(view, user, channel).bits & BITS.VIEW_CHANNEL) !== 0n,
            ),
        ),
      );
    });
  }

  async #take(channel: string, version: string, servers: readonly string[]): Promise<boolean> {
    for (const server of servers.slice(0, 5)) {
      try {
        if (await takeIn(this.#here, channel, version, server)) return true;
      } catch (error) {
        if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      }
    }
    return servers.length === 0;
  }

  #later(guildId: string, ms: number): void {
    if (this.#timers.has(guildId)) return;
    this.#timers.add(guildId);
    this.#here.timer(ms, () => {
      this.#timers.delete(guildId);
      return this.now(guildId);
    });
  }
}
