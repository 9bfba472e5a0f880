import { serverOf, type Signer } from '@openguild/core';
import type { Commit, RunnerLimits } from '@openguild/storage';
import { Disk } from '../environment/disk.ts';
import { drawLimits } from './drawn-limits.ts';
import { Life } from './life.ts';
import type { Random } from '../environment/random.ts';
import type { World } from '../world.ts';

/** One server: its disk, its clock, its users, and, while it runs, its process. */
export class SimServer {
  readonly name: string;
  readonly world: World;
  readonly random: Random;
  readonly disk: Disk;
  readonly users: readonly string[];
  /** Milliseconds by which its clock is fast. */
  skew = 0;
  life: Life | null = null;
  /** It is down, and will be brought up again. */
  repairing = false;
  /** Grows with every backup that came back: sequence numbers of the time before it are not used again. */
  generation = 0;
  /** Bounds of the program that runs next; another version of it may have others. */
  limits: Partial<RunnerLimits>;
  /** Event -> by which rule it was last soft-failed here, null if it was not. */
  readonly softFailed = new Map<string, string | null>();
  /** Guild or plain room -> its heads here from a time on, oldest first. */
  readonly #heads = new Map<string, { readonly time: number; readonly heads: readonly string[] }[]>();

  constructor(world: World, name: string, users: readonly string[]) {
    this.world = world;
    this.name = name;
    this.users = users;
    this.random = world.random.fork(name);
    const limits = world.random.fork(`limits ${name}`);
    this.limits = limits.chance(0.4) ? drawLimits(limits) : {};
    this.disk = new Disk(world.scheduler, this.random.fork('disk'), (fault) => world.ledger.fault(fault));
  }

  get hostile(): boolean {
    return false;
  }

  start(): void {
    if (this.life !== null || this.repairing) return;
    const life = new Life(this);
    this.life = life;
    this.world.network.attach(this.name, (from, request) => life.answer(from, request));
    life.start();
    // What was synced and never acknowledged nobody noted.
    void this.#noteStored();
  }

  crash(): void {
    this.life?.end();
    this.life = null;
    this.world.network.detach(this.name);
    this.disk.crash();
  }

  /** ENG-15: the disk is lost, and a backup comes back. The server must be down. */
  async restore(backup: number): Promise<void> {
    await this.disk.restore(backup);
    this.generation += 1;
    await this.#noteStored();
  }

  dailySigner(): Signer {
    return this.world.keyring.signer(this.world.dailyKeys.get(this.name) ?? `${this.name}/k1`);
  }

  /** Keys that sign what a local user does: the server's, and his own if he has one. */
  signersOf(user: string): readonly Signer[] {
    const own = this.world.personKeys.get(user);
    const signer =
      user.startsWith('@:') && serverOf(user) !== this.name ? this.world.keyring.signer(`${serverOf(user)}/k1`) : this.dailySigner();
    return own === undefined ? [signer] : [signer, this.world.keyring.signer(own)];
  }

  noteCommit({ room, effects }: Commit): void {
    if (room.guild_id !== null || effects.extremities === null) return;
    this.#noteHeads(room.room_id, effects.extremities);
  }

  async #noteStored(): Promise<void> {
    for (const { room_id, guild_id, extremities } of await this.disk.durable.rooms.list())
      if (guild_id === null) this.#noteHeads(room_id, extremities);
  }

  #noteHeads(roomId: string, heads: readonly string[]): void {
    const list = this.#heads.get(roomId) ?? [];
    this.#heads.set(roomId, list);
    list.push({ time: this.world.scheduler.now, heads });
  }

  /** The last heads before the time, and all since; of those after `until` only the first. */
  headsSince(roomId: string, time: number, until = Infinity): readonly (readonly string[])[] {
    const list = this.#heads.get(roomId) ?? [];
    const last = list.findLastIndex((one) => one.time < time);
    const end = list.findIndex((one) => one.time > until);
    return list.slice(Math.max(0, last), end < 0 ? undefined : end + 1).map((one) => one.heads);
  }

  pruneHeads(): void {
    for (const list of this.#heads.values()) if (list.length > 200) list.splice(0, 100);
  }

  /** A channel event was put in the queue for another server. */
  noteDisclosure(to: string, { room, effects }: Commit): void {
    if (room.guild_id === null) return;
    const { event } = effects.stored;
    const since = this.world.scheduler.now - 4 * Math.max(1, this.disk.latency);
    const heads = [event.guild_heads, ...this.headsSince(room.guild_id, since)];
    this.world.ledger.disclosures.push({ from: this.name, to, room_id: room.room_id, event_id: event.event_id, heads });
  }
}
