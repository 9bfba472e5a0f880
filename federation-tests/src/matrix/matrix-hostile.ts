import type { JsonObject, JsonValue, RoomEvent } from '@openguild/core';
import { damaged, garbage } from '../sim/hostile/hostile-mutations.ts';
import type { Answer } from '../sim/server/here.ts';
import type { Random } from '../sim/environment/random.ts';
import { drawMatrixWish, MatrixState } from './matrix-acts.ts';
import { forbiddenAct, wrongAuthEvents } from './matrix-forbidden.ts';
import type { MatrixLife } from './matrix-life.ts';
import type { MatrixServer, Wish } from './matrix-server.ts';
import { pageOfPast } from './missing-past.ts';
import { signerOf, STAND_IN_KEY } from './stand-in-keys.ts';

const TIMEOUT = 2_000;
/** Shorter and longer than a page of the past. */
const CHAIN = [5, 120] as const;
const FLOOD = [10, 30] as const;

export const HOSTILE_ACTS = [
  ...['forge', 'badly signed', 'unvouched', 'equivocate', 'backdate', 'withhold', 'long past', 'wrong auth events', 'wrong auth events'],
  ...['forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'garbage', 'oversized', 'flood', 'replay'],
] as const;

/** A server that keeps no rule. It has a copy of the room as others have, and goes on from what others do. */
export class MatrixHostile {
  readonly server: MatrixServer;
  readonly #random: Random;
  /** Events that no honest server may accept, and why. */
  readonly #forbidden: Map<string, string>;
  readonly #hidden = new Map<string, JsonObject>();
  readonly #withheld = new Set<string>();
  /** Answers that will be junk. */
  #junk = 0;

  constructor(server: MatrixServer, random: Random, forbidden: Map<string, string>) {
    this.server = server;
    this.#random = random;
    this.#forbidden = forbidden;
  }

  async start(): Promise<void> {
    await this.server.start();
    const { world, name } = this.server;
    world.network.attach(name, (from, request) => {
      if (request.kind !== 'missing') return this.#life.answer(from, request);
      return Promise.resolve({ events: this.#answerMissing(request.body) });
    });
  }

  /** What it withholds it leaves out; for some time it answers with whatever else. */
  #answerMissing(body: Answer): JsonValue[] {
    if (this.#junk-- > 0) return [...this.#garbage(), ...this.#hidden.values()];
    const withheld = new Set([...this.#withheld].map((id) => this.#hidden.get(id)));
    return pageOfPast(this.server.running.rooms, this.#life.roomId, body).filter((pdu) => !withheld.has(pdu));
  }

  get #life(): MatrixLife {
    return this.server.running;
  }

  act(users: readonly string[]): void {
    if (this.#life.heads.length === 0) return;
    const kind = this.#random.pick(HOSTILE_ACTS);
    this.server.world.fault(`hostile: ${kind}`);
    switch (kind) {
      case 'forge':
        return this.#forge(users);
      case 'badly signed':
        return this.#badlySigned(users);
      case 'unvouched':
        return this.#unvouched(users);
      case 'equivocate':
        for (const peer of this.server.peers) this.#send([this.#own(this.#life.craft(this.#wish(users)))], [peer]);
        return;
      case 'backdate':
        return this.#backdate(users);
      case 'withhold':
        return this.#withhold(users);
      case 'long past':
        return this.#longPast();
      case 'wrong auth events':
        return this.#bar(kind, wrongAuthEvents(this.#random, this.#life, this.#wish(users), this.server.world.version.id));
      case 'forbidden':
        return this.#bar(kind, forbiddenAct(this.#random, this.#life, this.server.users, users));
      case 'garbage':
        return this.#send(this.#garbage());
      case 'oversized':
        return this.#bar(kind, this.#life.craft({ ...this.#message(), content: { body: 'x'.repeat(70_000) } }));
      case 'flood':
        return this.#flood();
      case 'replay':
        return this.#replay();
    }
  }

  #wish(users: readonly string[]): Wish {
    const { world, users: own } = this.server;
    return drawMatrixWish(
      this.#random,
      new MatrixState(this.#life),
      this.#random.pick(own),
      users,
      world.version.id,
      this.#known().slice(-10),
    );
  }

  /** What needs the sender's signature: a third-party invitation does not (MXB-17). */
  #signedWish(users: readonly string[]): Wish {
    const wish = this.#wish(users);
    return Object.hasOwn(wish.content, 'third_party_invite') ? this.#message() : wish;
  }

  #message(): Wish {
    return { type: 'm.room.message', sender: this.#random.pick(this.server.users), content: { body: `h${this.#random.next()}` } };
  }

  /** Another server's user, by a key of its own. */
  #forge(users: readonly string[]): void {
    const sender = this.#random.pick(users.filter((user) => !this.server.users.includes(user)));
    const { vouches: _, ...wish } = this.#signedWish(users);
    this.#bar(
      'forged',
      this.#life.craft(
        { ...wish, sender, content: { ...wish.content, by: this.#random.next() } },
        { signers: [signerOf(this.server.name)] },
      ),
    );
  }

  #badlySigned(users: readonly string[]): void {
    const sign = (): Uint8Array => this.#random.bytes(64);
    const wish = this.#signedWish(users);
    this.#bar(
      'badly signed',
      this.#life.craft({ ...wish, content: { ...wish.content, by: this.#random.next() } }, { signers: [{ key_id: STAND_IN_KEY, sign }] }),
    );
  }

  /** MX-5.2: a restricted join for which nobody vouches. */
  #unvouched(users: readonly string[]): void {
    if (Number(this.server.world.version.id) < 8) return this.#badlySigned(users);
    const via = this.#random.pick(users.filter((user) => !this.server.users.includes(user)));
    const sender = this.#random.pick(this.server.users);
    const content = { membership: 'join', join_authorised_via_users_server: via, by: this.#random.next() };
    this.#bar('not vouched for', this.#life.craft({ type: 'm.room.member', sender, state_key: sender, content }));
  }

  #backdate(users: readonly string[]): void {
    // No honest server goes on from what was rejected; but whoever does is judged by the state before it.
    const any = this.#random.chance(0.4) ? this.server.events().map(({ event }) => event.event_id) : this.#known();
    const prev = this.#random.shuffled(any.slice(-20)).slice(0, this.#random.between(1, 3));
    this.#send([this.#own(this.#life.craft(this.#wish(users), { prev, ts: this.#random.int(1_000_000) }))]);
  }

  /** Something that cites an event which nobody gets, or only later: as what comes before it, or only as what authorises it. */
  #withhold(users: readonly string[]): void {
    const { heads } = this.#life;
    const first = this.#own(this.#life.craft(this.#wish(users)));
    if (first === undefined || this.server.stored(first.event_id)?.verdict !== 'accepted') return;
    this.#withheld.add(first.event_id);
    const wish = this.#message();
    const prev = this.#random.chance(0.5) ? heads : [first.event_id];
    this.#send([this.#own(this.#life.craft(wish, { prev, auth: this.#life.authOf(wish, [first.event_id]) }))]);
    this.#junk = this.#random.pick([0, 0, 10, 100]);
    if (this.#random.chance(0.5)) this.server.world.scheduler.after(this.#random.int(20_000), () => this.#withheld.delete(first.event_id));
  }

  /** Only its end is sent, so all of it must be asked for. */
  #longPast(): void {
    let last: RoomEvent | undefined;
    for (let i = this.#random.between(...CHAIN); i > 0; i--) {
      const prev = last === undefined ? this.#life.heads : [last.event_id];
      last = this.#own(this.#life.craft(this.#message(), { prev }));
      if (last === undefined || this.server.stored(last.event_id)?.verdict !== 'accepted') return;
    }
    this.#send([last]);
  }

  #flood(): void {
    const prev = this.#life.heads;
    const wishes = Array.from({ length: this.#random.between(...FLOOD) }, () => this.#message());
    this.#send(wishes.map((wish) => this.#own(this.#life.craft(wish, { prev }))));
  }

  /** Old copies again, some of them damaged. What redaction takes must decide nothing, which in some versions holds of few types only. */
  #replay(): void {
    const copies = this.#random.shuffled(this.#known()).slice(0, 10);
    const pdus = copies
      .flatMap((id) => this.server.stored(id)?.event ?? [])
      .map(({ type, pdu }) => {
        const plain = type === 'm.room.message' || type === 'm.room.topic';
        return damaged(pdu, this.#random.pick(plain ? [0, 1, 2, 3, 4, 5] : [1, 2, 4, 5]));
      });
    this.#send([this.#random.pick(this.#garbage()), ...pdus]);
  }

  #garbage(): JsonValue[] {
    return garbage({ random: this.#random, world: { mainRoom: this.#life.roomId, shape: { version: this.server.world.version.id } } });
  }

  /** Told to others, and never to be accepted. */
  #bar(why: string, event: RoomEvent | undefined): void {
    if (event === undefined) return;
    this.#forbidden.set(event.event_id, why);
    this.#hidden.set(event.event_id, event.pdu);
    this.#send([event]);
  }

  /** Its own copy of the room learns of it, so that it can go on from there. */
  #own(event: RoomEvent | undefined): RoomEvent | undefined {
    if (event === undefined) return undefined;
    this.#hidden.set(event.event_id, event.pdu);
    this.#life.enter(event, false);
    return event;
  }

  #known(): string[] {
    return this.server.events().flatMap(({ event, verdict }) => (verdict === 'accepted' ? [event.event_id] : []));
  }

  #send(what: readonly (RoomEvent | JsonValue | undefined)[], to = this.#targets()): void {
    const { world, name } = this.server;
    const pdus = what.flatMap((one) => (one === undefined ? [] : [isEvent(one) ? one.pdu : one]));
    for (const peer of to) world.network.request(name, peer, { kind: 'send', body: { pdus } }, TIMEOUT).catch(() => undefined);
  }

  #targets(): readonly string[] {
    return this.#random.chance(0.5) ? this.server.peers : [this.#random.pick(this.server.peers)];
  }
}

function isEvent(one: RoomEvent | JsonValue): one is RoomEvent {
  return typeof one === 'object' && one !== null && 'pdu' in one;
}
