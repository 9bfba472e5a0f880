import type { EventDraft, Signer } from '@openguild/core';
import { type Creation, UnknownRoomError } from '@openguild/storage';
import { drawWish } from './drafts.ts';
import { signersNow } from '../server/listed-key.ts';
import type { Random } from '../environment/random.ts';
import type { SimServer } from '../server/server.ts';
import { StateNow, type Wish } from './state-now.ts';
import type { World } from '../world.ts';

interface Pending {
  readonly txn: string;
  readonly roomId: string;
  readonly draft: EventDraft;
  readonly user: string;
  readonly signers: readonly Signer[];
}

/** What people on honest servers do. Each act is one request of a client; a client that got no answer asks again, by the same transaction. */
export class Workload {
  readonly #world: World;
  readonly #random: Random;
  readonly #pending = new Map<string, Map<string, Pending>>();
  #count = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('workload');
  }

  /** Somebody does something. Resolves when it is answered, which after a crash is never. */
  async act(random: Random): Promise<void> {
    const { honest, shape } = this.#world;
    const server = random.pick(honest);
    const user = random.chance(0.25) ? (server.users[0] as string) : random.pick(server.users);
    const kind = random.weighted(shape.weights);
    if (server.life === null) return;
    if (kind === 'leave' && user === this.#world.honest[0]?.users[0]) return;
    const now = await stateOf(server, this.#world.mainRoom);
    if (kind === 'join' || now === undefined || (now.membership(user) !== 'join' && random.chance(0.5))) {
      if (now === undefined || random.chance(0.5)) return this.join(server, user, this.#door(server, random));
    }
    if (now === undefined) return;
    // Now and then without his own key, if he has one.
    const all = await signersNow(server, user);
    const signers = random.chance(0.1) ? all.slice(0, 1) : all;
    const wish = drawWish(kind, { world: this.#world, random, now, who: user, signers });
    if (wish === undefined) return;
    // The first server stays in the room: it is the one by which the others are measured.
    if (user === this.#world.honest[0]?.users[0] && wish.draft.state_key === user && wish.draft.content['membership'] === 'leave') return;
    await this.ask(server, user, wish, random);
  }

  /** One request of a client. Resolves as `act` does. */
  async ask(server: SimServer, user: string, { roomId, draft, signers }: Wish, random = this.#random): Promise<void> {
    const txn = `t${this.#count++}`;
    await this.#ask(server, { txn, roomId, draft: { ...draft, content: { ...draft.content, txn } }, user, signers }, random);
  }

  /** Clients of a server that is up again repeat what was not answered. */
  async retry(server: SimServer): Promise<void> {
    for (const one of [...(this.#pending.get(server.name)?.values() ?? [])]) await this.#ask(server, one, this.#random);
  }

  async join(server: SimServer, user: string, via: SimServer): Promise<void> {
    const txn = `t${this.#count++}`;
    if (via === server && (await server.life?.store.rooms.open(this.#world.mainRoom)) === undefined) return;
    const made = await server.life?.join(this.#world.mainRoom, user, via.name, { client_txn: client(user, txn) });
    if (made?.outcome.kind === 'accepted') this.#acknowledge(server, txn, made.event, made.position);
  }

  /** By way of which server he joins. */
  #door(server: SimServer, random: Random): SimServer {
    // Now and then one that lies.
    const doors = random.chance(0.15) ? this.#world.servers : this.#world.honest;
    const others = doors.filter((one) => one !== server);
    return others.length === 0 || random.chance(0.2) ? server : random.pick(others);
  }

  async #ask(server: SimServer, one: Pending, random: Random): Promise<void> {
    const waiting = this.#pending.get(server.name) ?? new Map<string, Pending>();
    this.#pending.set(server.name, waiting.set(one.txn, one));
    const ask = async (): Promise<Creation | undefined> =>
      server.life?.create(one.roomId, one.draft, one.signers, { client_txn: client(one.user, one.txn) });
    // Somebody impatient asks twice at once.
    const [made] = await Promise.all(random.chance(0.05) ? [ask(), ask()] : [ask()]);
    if (made === undefined) return;
    waiting.delete(one.txn);
    if (made.outcome.kind === 'accepted') this.#acknowledge(server, one.txn, made.event, made.position);
  }

  #acknowledge(server: SimServer, txn: string, event: Parameters<World['ledger']['events']['set']>[1], position: number): void {
    const { ledger, scheduler } = this.#world;
    ledger.note(`${scheduler.now} ${server.name} acknowledged ${event.event_id} at ${position}`);
    ledger.acknowledged.push({ server: server.name, event, position, txn, order: ledger.acknowledged.length });
  }
}

/** The room's present state at a server; undefined if it is not in the room. */
export async function stateOf(server: SimServer, roomId: string): Promise<StateNow | undefined> {
  try {
    const events = await server.life?.runner.ask(roomId, (room) => room.stateEvents());
    return events === undefined ? undefined : new StateNow(events);
  } catch (error) {
    if (error instanceof UnknownRoomError) return undefined;
    throw error;
  }
}

function client(user: string, txn: string): { user_id: string; device_id: string; txn_id: string } {
  return { user_id: user, device_id: 'd', txn_id: txn };
}
