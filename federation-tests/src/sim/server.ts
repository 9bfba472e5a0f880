import { serverOf, type Signer } from '@openguild/core';
import type { Commit } from '@openguild/storage';
import { Disk } from './disk.ts';
import { Life } from './life.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

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
  /** Guild -> its heads here from a time on, oldest first. */
  readonly #heads = new Map<string, { readonly time: number; readonly heads: readonly string[] }[]>();

  constructor(world: World, name: string, users: readonly string[]) {
    this.world = world;
    this.name = name;
    this.users = users;
    this.random = world.random.fork(name);
    this.disk = new Disk(world.scheduler, this.random.fork('disk'), (fault) => world.ledger.fault(fault));
  }

  get hostile(): boolean {
    return false;
  }

  start(): void {
    if (this.life !== null) return;
    const life = new Life(this);
    this.life = life;
    this.world.network.attach(this.name, (from, request) => life.answer(from, request));
    life.start();
  }

  crash(): void {
    this.life?.end();
    this.life = null;
    this.world.network.detach(this.name);
    this.disk.crash();
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
    if (room.kind !== 'guild' || effects.extremities === null) return;
    const list = this.#heads.get(room.room_id) ?? [];
    this.#heads.set(room.room_id, list);
    list.push({ time: this.world.scheduler.now, heads: effects.extremities });
  }

  /** The last heads before the time, and all since. */
  headsSince(guildId: string, time: number): readonly (readonly string[])[] {
    const list = this.#heads.get(guildId) ?? [];
    const last = list.findLastIndex((one) => one.time < time);
    return list.slice(Math.max(0, last)).map((one) => one.heads);
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
