import { type JsonObject, serverOf } from '@openguild/core';
import { member } from './draft-membership.ts';
import type { Random } from '../environment/random.ts';
import { drawStory, type Story, VERBS } from './feud-stories.ts';
import { signersNow } from '../server/listed-key.ts';
import { rolesContent } from './roles.ts';
import type { SimServer } from '../server/server.ts';
import { stateWish, type StateNow, type Wish, type Wisher } from './state-now.ts';
import { stateOf, type Workload } from './workload.ts';
import type { World } from '../world.ts';

/** Who takes part in a story. The owner ranks above the high one, who ranks above the moderator, who ranks above the guest; the target is a moderator too, or little more than a guest. */
export interface Cast {
  readonly owner: string;
  readonly high: string;
  readonly mod: string;
  readonly target: string;
  readonly guest: string;
  /** Another user of the high one's server; perhaps the target or the guest. */
  readonly neighbour: string;
}

/** Longer than an act takes where its server is up, virtual milliseconds. */
const ACT_MS = 5_000;

/**
 * Stories of sides that cannot hear each other, told on purpose: what chance seldom puts together in the order that matters. The room is brought into order, what its story begins with is done, the lines are cut,
 * each side does what its part of the story says, and the lines are joined: left and right first, and when somebody has seen both, the rest.
 */
export class Feuds {
  readonly #world: World;
  readonly #workload: Workload;
  /** What the story draws that is being told. */
  #random: Random;

  constructor(world: World, workload: Workload) {
    this.#world = world;
    this.#workload = workload;
    this.#random = world.random;
  }

  async one(random: Random): Promise<void> {
    this.#random = random;
    const world = this.#world;
    const cast = this.#cast();
    if (cast === undefined || world.shape.kind === 'plain') return;
    const story = drawStory(this.#random);
    await this.#order(cast);
    await this.#side(story.first ?? [], cast);
    await this.#pause(3_000);
    world.ledger.fault('feud');
    const sides = this.#sides(cast, story);
    const lines = world.servers.flatMap((a) =>
      world.servers.filter((b) => sides.get(a.name) !== sides.get(b.name)).map((b) => [a.name, b.name] as const),
    );
    for (const [a, b] of lines) world.network.cut(a, b);
    await Promise.all([story.left, story.right, story.apart ?? []].map((steps) => this.#side(steps, cast)));
    if (story.apart !== undefined) {
      for (const [a, b] of lines) if (sides.get(a) !== 'apart' && sides.get(b) !== 'apart') world.network.join(a, b);
      await this.#meet(['high', 'mod', 'guest'], cast);
    }
    for (const [a, b] of lines) world.network.join(a, b);
    await this.#meet(['owner', 'owner', 'high', 'mod', 'guest'], cast);
  }

  /** Who was apart hears of the others, by their next attempts to reach him, and mostly somebody does something in the knowledge of it all. */
  async #meet(some: readonly (keyof Cast)[], cast: Cast): Promise<void> {
    await this.#pause(this.#random.pick([500, 90_000, 90_000]));
    for (const who of this.#random.shuffled([...new Set(some)]).slice(0, this.#random.pick([0, 1, 2, 2])))
      await this.#side([[who, 'turns']], cast);
  }

  /** On the left the high one, apart the owner, if the story says so, and on the right all that have to hear the moderator; the others anywhere. */
  #sides(cast: Cast, { apart }: Story): ReadonlyMap<string, 'left' | 'right' | 'apart'> {
    const sides = new Map(this.#world.servers.map(({ name }) => [name, this.#random.pick(['left', 'right'] as const)] as const));
    const all = new Map<string, 'left' | 'right' | 'apart'>(sides);
    all.set(serverOf(cast.owner), apart === undefined ? 'right' : 'apart');
    all.set(serverOf(cast.mod), serverOf(cast.mod) === serverOf(cast.owner) ? (all.get(serverOf(cast.owner)) ?? 'right') : 'right');
    all.set(serverOf(cast.high), 'left');
    return all;
  }

  #cast(): Cast | undefined {
    const [first, ...others] = this.#world.honest;
    const owner = first?.users[0];
    if (owner === undefined || others.length === 0) return undefined;
    const far = this.#random.pick(others);
    const high = this.#random.pick(far.users);
    const near = this.#world.honest.filter((server) => server !== far).flatMap(({ users }) => users.filter((user) => user !== owner));
    // Where there is a third server the moderator is on it, so that the owner can be apart.
    const third = near.filter((user) => serverOf(user) !== serverOf(owner));
    if (near.length === 0) return undefined;
    const mod = this.#random.pick(third.length > 0 ? third : near);
    const left = this.#world.servers.flatMap(({ users }) => users).filter((user) => ![owner, high, mod].includes(user));
    const [target, guest = target] = this.#random.shuffled(left);
    const neighbour = far.users.find((user) => user !== high) ?? target;
    return target === undefined || guest === undefined || neighbour === undefined
      ? undefined
      : { owner, high, mod, target, guest, neighbour };
  }

  async #side(steps: Story['left'], cast: Cast): Promise<void> {
    for (const [who, verb] of steps) {
      await this.#act(cast[who], (wisher) => VERBS[verb](wisher, cast));
      await this.#pause(this.#random.exponential(300));
    }
  }

  /** Everybody is in the room with the roles that the story wants of him, as far as the owner can see to it. */
  async #order(cast: Cast): Promise<void> {
    const { owner, high, mod, target, guest, neighbour } = cast;
    const roles = new Map<string, readonly string[]>([
      [neighbour, []],
      [high, ['admin']],
      [mod, ['mod']],
      [guest, []],
      [target, this.#random.pick([[], ['low'], ['mod']])],
    ]);
    const asOwner = async (draft: (wisher: Wisher) => Wish | undefined): Promise<void> => this.#act(owner, draft);
    await asOwner((wisher) => {
      const wanted = { roles: rolesContent() };
      return same(wisher.now.get('m.guild.authority')?.content['roles'], wanted.roles)
        ? undefined
        : stateWish(wisher, 'm.guild.authority', '', wanted);
    });
    for (const [user, held] of roles) {
      await asOwner((wisher) => admitted(wisher, serverOf(user)));
      await asOwner((wisher) => {
        const { now } = wisher;
        const ban = now.get('m.room.member', user)?.event_id ?? '';
        return now.membership(user) === 'ban' ? member(wisher, user, { membership: 'leave', ban }) : undefined;
      });
      await this.#joined(user);
      await asOwner((wisher) => granted(wisher, user, held));
    }
    await asOwner((wisher) => {
      const channel = wisher.world.channels[0] ?? '';
      const entries = wisher.now.get('m.channel.overwrites', channel)?.content['overwrites'];
      return entries === undefined || same(entries, [])
        ? undefined
        : stateWish(wisher, 'm.channel.overwrites', channel, { overwrites: [] });
    });
  }

  async #joined(user: string): Promise<void> {
    const server = this.#serverOf(user);
    const first = this.#world.honest[0];
    if (server === undefined || first === undefined) return;
    const now = await stateOf(first, this.#world.mainRoom);
    if (now === undefined || now.membership(user) === 'join') return;
    await this.#atMost(this.#workload.join(server, user, first));
    await this.#pause(1_000);
  }

  async #act(user: string, draft: (wisher: Wisher) => Wish | undefined): Promise<void> {
    const world = this.#world;
    const server = this.#serverOf(user);
    if (server === undefined || server.life === null) return;
    await this.#atMost(
      (async () => {
        const now = await stateOf(server, world.mainRoom);
        if (now === undefined) return;
        const wish = draft({ world, random: this.#random, now, who: user, signers: await signersNow(server, user) });
        if (wish !== undefined) await this.#workload.ask(server, user, wish);
      })(),
    );
  }

  #serverOf(user: string): SimServer | undefined {
    return this.#world.honest.find(({ name }) => name === serverOf(user));
  }

  /** A server that dies answers nothing any more. */
  async #atMost(work: Promise<unknown>): Promise<void> {
    await Promise.race([work, this.#pause(ACT_MS)]);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.scheduler.after(ms, resolve));
  }
}

function admitted(wisher: Wisher, server: string): Wish | undefined {
  const { world, now, who } = wisher;
  const present = now.get('m.server.admission', server)?.content;
  if (server === serverOf(who) || Number(present?.['rank'] ?? -1) >= 95) return undefined;
  return stateWish(wisher, 'm.server.admission', server, { ...(present ?? world.keyring.admission(world.mainRoom, server, 95)), rank: 95 });
}

function granted(wisher: Wisher, user: string, roles: readonly string[]): Wish | undefined {
  const { now } = wisher;
  const present: JsonObject = now.get('m.guild.member_roles', user)?.content ?? {};
  const stay = stayOf(now, user);
  if (stay === undefined || (present['stay'] === stay && same(present['roles'], roles))) return undefined;
  return stateWish(wisher, 'm.guild.member_roles', user, {
    stay,
    roles: [...roles],
    ...(present['key'] === undefined ? {} : { key: present['key'] }),
  });
}

function stayOf(now: StateNow, user: string): string | undefined {
  return now.membership(user) === 'join' ? now.stay(user) : undefined;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
