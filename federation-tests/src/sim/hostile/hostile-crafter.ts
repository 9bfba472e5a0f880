import {
  authSelection,
  buildEvent,
  type EventFields,
  isPowerEvent,
  type RoomEvent,
  roomVersion,
  serverOf,
  type Signer,
  type StoredEvent,
} from '@openguild/core';
import { drawWish } from '../people/drafts.ts';
import { mutated } from './hostile-mutations.ts';
import type { HostileServer } from './hostile-server.ts';
import { ACTS, type ActKind } from '../shape.ts';
import type { Wish } from '../people/state-now.ts';
import { stateOf } from '../people/workload.ts';

export interface Craft {
  readonly wish: Wish;
  /** Instead of the present heads. */
  readonly prev?: readonly string[];
  readonly guildHeads?: readonly string[];
  readonly auth?: readonly string[];
  readonly ts?: number;
  readonly signers?: readonly Signer[];
}

/** Makes events for a hostile server, at any place in a room and without asking whether they are allowed. */
export class Crafter {
  readonly #server: HostileServer;

  constructor(server: HostileServer) {
    this.#server = server;
  }

  /** An event by one of its own users, made without asking whether it is allowed. */
  async made(how: {
    kind?: ActKind;
    old?: boolean;
    early?: boolean;
    oldGuild?: boolean;
    mutate?: boolean;
    badAuth?: boolean;
    sender?: string;
  }): Promise<RoomEvent[]> {
    const { world, random, users } = this.#server;
    const kind = how.kind ?? random.pick(ACTS);
    const who = how.sender ?? random.pick(users);
    const now = await stateOf(this.#server, world.mainRoom);
    if (now === undefined) return [];
    let wish = drawWish(kind, { world, random, now, who, signers: this.signers(who) });
    if (wish === undefined) return [];
    // It has nobody's keys but its own.
    if (serverOf(who) !== this.#server.name) wish = { ...wish, signers: [this.#server.dailySigner()] };
    if (how.mutate === true) wish = { ...wish, draft: mutated(this.#server, wish.draft) };
    const known = await this.known(wish.roomId);
    const accepted = known.filter((stored) => stored.verdict === 'accepted').map((stored) => stored.event.event_id);
    if (accepted.length === 0) return [];
    const prev = how.old === true ? random.shuffled(accepted.slice(-20)).slice(0, random.pick([1, 1, 1, 2, 3])) : undefined;
    const auth = how.badAuth === true ? random.shuffled(accepted).slice(0, random.int(4)) : undefined;
    const guildHeads = how.oldGuild === true ? await this.#someGuildHeads() : undefined;
    const made = await this.craft({
      wish,
      ...(prev === undefined ? {} : { prev }),
      ...(auth === undefined ? {} : { auth }),
      ...(guildHeads === undefined ? {} : { guildHeads }),
      ts: how.early === true || random.chance(0.1) ? random.between(1, 1_000_000) : world.scheduler.now + random.between(-60_000, 60_000),
    });
    return made === undefined ? [] : [made];
  }

  /** AUTH-2.5: it follows two events of a channel, and cites no more of the guild than one of them does. */
  async torn(): Promise<RoomEvent[]> {
    const { world, random, users } = this.#server;
    const now = await stateOf(this.#server, world.mainRoom);
    const who = random.pick(users);
    const wish = now && drawWish(random.pick(['message', 'topic', 'pins']), { world, random, now, who, signers: this.signers(who) });
    if (wish === undefined || wish.roomId === world.mainRoom) return [];
    const accepted = (await this.known(wish.roomId)).filter((stored) => stored.verdict === 'accepted').map(({ event }) => event);
    const last = accepted.at(-1);
    const others = accepted.filter((event) => event.guild_heads.join(' ') !== last?.guild_heads.join(' '));
    if (last === undefined || others.length === 0) return [];
    const before = random.pick(others.slice(-10));
    const prev = random.shuffled([before.event_id, last.event_id]);
    const made = await this.craft({ wish, prev, guildHeads: before.guild_heads });
    return made === undefined ? [] : [made];
  }

  async craft({ wish, prev, guildHeads, auth, ts, signers }: Craft): Promise<RoomEvent | undefined> {
    const { life, world } = this.#server;
    const version = roomVersion(world.shape.version);
    const room = await life?.store.rooms.open(wish.roomId);
    if (life === null || version === undefined || room === undefined) return undefined;
    const cited = prev ?? room.extremities.slice(0, 20);
    const base: EventFields = {
      ...wish.draft,
      room_id: wish.roomId,
      origin_ts: Math.max(0, ts ?? world.scheduler.now),
      prev_events: cited,
    };
    const by = signers ?? wish.signers;
    try {
      if (room.guild_id !== null) {
        const heads = guildHeads ?? (await life.store.rooms.open(room.guild_id))?.extremities.slice(0, 10) ?? [];
        return buildEvent({ ...base, guild_heads: heads }, version, by);
      }
      const sketch = buildEvent({ ...base, auth_events: [] }, version, by);
      const selection =
        auth ?? (await life.runner.ask(wish.roomId, (each) => each.judgeAt(cited, (view) => authSelection(sketch, view, each.kind))));
      return buildEvent({ ...base, auth_events: selection }, version, by);
    } catch (error) {
      // Content that cannot be written at all, or a past that has no state: nothing to send.
      if (error instanceof TypeError || (error instanceof Error && /rejected|not stored|lacks|unknown/i.test(error.message)))
        return undefined;
      throw error;
    }
  }

  async newChannel({ draft, signers }: Wish): Promise<RoomEvent | undefined> {
    const { world, life } = this.#server;
    const version = roomVersion(world.shape.version);
    const guild = await life?.store.rooms.open(world.mainRoom);
    if (version === undefined || guild === undefined || guild.kind !== 'guild') return undefined;
    return buildEvent(
      { ...draft, origin_ts: world.scheduler.now, prev_events: [], guild_heads: guild.extremities.slice(0, 10) },
      version,
      signers,
    );
  }

  /** Mostly the right key; now and then another of its own, or one that was never listed. */
  signers(who: string): readonly Signer[] {
    const { random, world } = this.#server;
    if (random.chance(0.85)) return this.#server.signersOf(who);
    return [world.keyring.signer(`${serverOf(who)}/${random.pick(['k0', 'k2', 'n1', 'evil'])}`)];
  }

  async known(roomId: string): Promise<readonly StoredEvent[]> {
    return (await this.#server.life?.store.rooms.byDepth(roomId, null, 1_000)) ?? [];
  }

  async #someGuildHeads(): Promise<string[]> {
    const { random, world } = this.#server;
    const known = await this.known(world.mainRoom);
    const accepted = known.filter((stored) => stored.verdict === 'accepted');
    // Before something that took a right away, if there is any.
    const power = accepted.filter((stored) => isPowerEvent(stored.event));
    const before =
      power.length > 0 && random.chance(0.5) ? random.pick(power).event.prev_events : [random.pick(accepted.slice(-15)).event.event_id];
    return [...before].slice(0, 10);
  }
}
