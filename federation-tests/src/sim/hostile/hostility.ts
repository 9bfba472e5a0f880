import { addSignature, type JsonObject, type JsonValue, type RoomEvent, serverOf } from '@openguild/core';
import { checkAnswers } from '../../check/copies.ts';
import { drawWish } from '../people/drafts.ts';
import { FAULTS } from './faulty-copies.ts';
import { Crafter } from './hostile-crafter.ts';
import { damaged, garbage } from './hostile-mutations.ts';
import type { HostileServer } from './hostile-server.ts';
import { Refused, Unreachable } from '../environment/network.ts';
import { NEW_CHANNEL, RECIPES } from '../people/precise.ts';
import { ACTS, type Hostility } from '../shape.ts';
import { stateOf } from '../people/workload.ts';

/** One hostile act of a server, by its kind. */
export class Hostile {
  readonly #server: HostileServer;
  readonly #crafter: Crafter;
  #txn = 0;

  constructor(server: HostileServer) {
    this.#server = server;
    this.#crafter = new Crafter(server);
  }

  async act(kind: Hostility): Promise<void> {
    if (this.#server.life === null) return;
    this.#server.world.ledger.fault(`hostile: ${kind}`);
    try {
      await this.#act(kind);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
  }

  async #act(kind: Hostility): Promise<void> {
    const { random } = this.#server;
    switch (kind) {
      case 'forge':
        return this.#forge();
      case 'equivocate':
        return this.#equivocate();
      case 'backdate':
        return this.#send(await this.#crafter.made({ old: true, early: true }));
      case 'withhold':
        return this.#withhold();
      case 'flood':
        return this.#send((await Promise.all(Array.from({ length: 30 }, () => this.#crafter.made({ kind: 'message' })))).flat());
      case 'garbage':
        return this.#sendTo(this.#others(), garbage(this.#server));
      case 'oversized':
        return this.#oversized();
      case 'old-guild-heads':
        return this.#send(
          random.chance(0.5)
            ? await this.#crafter.torn()
            : await this.#crafter.made({ kind: random.pick(['message', 'topic', 'pins']), oldGuild: true }),
        );
      case 'branches':
        return this.#send(
          (await Promise.all(Array.from({ length: random.between(5, 14) }, () => this.#crafter.made({ old: true })))).flat(),
        );
      case 'wild':
        return this.#send(await this.#crafter.made({ old: random.chance(0.5) }));
      case 'mutate':
        return this.#send(await this.#crafter.made({ mutate: true, old: random.chance(0.2) }));
      case 'bad-selection':
        return this.#send(await this.#crafter.made({ badAuth: true }));
      case 'cite-rejected':
        return this.#citeRejected();
      case 'replay':
        return this.#replay();
      case 'precise':
        return this.#precise();
      case 'faulty':
        return this.#faulty();
    }
  }

  /** Copies of events that nobody else has, each with one fault; of each event three. */
  async #faulty(): Promise<void> {
    const { world, random, users } = this.#server;
    for (let i = 0; i < 3; i++) {
      const who = random.pick(users);
      const [event] = await this.#crafter.made({ kind: random.pick(['message', 'topic', 'profile', 'meta', 'rules']), sender: who });
      if (event === undefined) continue;
      const signers = event.signed_by.flatMap((id) => this.#server.signersOf(who).find((signer) => signer.key_id === id) ?? []);
      const more = Array.from({ length: 8 }, (_, n) => world.keyring.signer(`${this.#server.name}/more${n}`));
      const seed = world.keyring.seedOf(event.signed_by[0] ?? '');
      const sound = { pdu: event.pdu, signers, versionId: world.shape.version, mainRoom: world.mainRoom, random, more, seed };
      const faults = random.shuffled(FAULTS).slice(0, 3);
      const copies = faults.map(([, fault]) => fault(sound));
      // A faulty copy costs nobody the event.
      await this.#sendTo(this.#others(), random.chance(0.5) ? [...copies, event.pdu] : copies);
    }
  }

  /** Somebody else's name, somebody else's key, a wrong signature, a bare server doing a person's work. */
  async #forge(): Promise<void> {
    const { world, random, name } = this.#server;
    const victim = random.pick(world.servers.filter((server) => server.name !== name)).users[0] ?? '';
    const [event] = await this.#crafter.made({ sender: random.chance(0.7) ? victim : `@:${name}` });
    if (event === undefined) return;
    const key = event.signed_by[0] ?? '';
    const bad = random.chance(0.5) ? addSignature(event, serverOf(event.sender), key, random.bytes(64)) : event;
    await this.#send([bad]);
  }

  /** Different events in the same place, one for each of the others. */
  async #equivocate(): Promise<void> {
    const others = this.#others();
    const kind = this.#server.random.pick(ACTS);
    for (const other of others) {
      const events = await this.#crafter.made({ kind });
      await this.#sendTo(
        [other],
        events.map((event) => event.pdu),
      );
      for (const event of events) await this.#own(event);
    }
  }

  /** A chain whose beginning nobody gets. */
  async #withhold(): Promise<void> {
    const { random } = this.#server;
    const [first] = await this.#crafter.made({});
    if (first === undefined) return;
    this.#server.withheld.add(first.event_id);
    const { world } = this.#server;
    const now = await stateOf(this.#server, world.mainRoom);
    const who = random.pick(this.#server.users);
    // Of what it withholds in the guild something in a channel may tell as well.
    if (first.room_id === world.mainRoom && random.chance(0.4)) {
      const message = now && drawWish('message', { world, random, now, who, signers: this.#crafter.signers(who) });
      const told =
        message && message.roomId !== first.room_id && (await this.#crafter.craft({ wish: message, guildHeads: [first.event_id] }));
      if (typeof told === 'object') await this.#sendTo(this.#others(), [told.pdu]);
    }
    const wish = now && drawWish('profile', { world, random, now, who, signers: this.#crafter.signers(who) });
    if (wish === undefined || wish.roomId !== first.room_id) return;
    const second = await this.#crafter.craft({ wish, prev: [first.event_id], auth: [] });
    if (second !== undefined) await this.#sendTo(this.#others(), [second.pdu]);
    if (random.chance(0.5)) this.#server.withheld.delete(first.event_id);
    this.#server.hidden.set(first.event_id, first.pdu);
  }

  async #oversized(): Promise<void> {
    const { random } = this.#server;
    const [event] = await this.#crafter.made({ kind: 'message' });
    if (event === undefined) return;
    let nested: JsonValue = 'x';
    for (let i = 0; i < 80; i++) nested = [nested];
    const content: JsonObject = random.chance(0.5) ? { body: 'x'.repeat(70_000) } : { nested };
    await this.#sendTo(this.#others(), [{ ...event.pdu, content }]);
  }

  async #citeRejected(): Promise<void> {
    const { world, random } = this.#server;
    const known = await this.#crafter.known(world.mainRoom);
    const rejected = known.filter((stored) => stored.verdict === 'rejected');
    if (rejected.length === 0) return this.#send(await this.#crafter.made({}));
    const now = await stateOf(this.#server, world.mainRoom);
    const who = random.pick(this.#server.users);
    const wish =
      now && drawWish(random.pick(['profile', 'message', 'meta']), { world, random, now, who, signers: this.#crafter.signers(who) });
    if (wish === undefined) return;
    const bad = random.pick(rejected).event.event_id;
    const event = await this.#crafter.craft(wish.roomId === world.mainRoom ? { wish, prev: [bad], auth: [] } : { wish, guildHeads: [bad] });
    if (event !== undefined) await this.#send([event]);
  }

  /** Something aimed at one rule, by whoever of its users may do most: most of such acts fail by that rule alone. */
  async #precise(): Promise<void> {
    const { world, random, users } = this.#server;
    const now = await stateOf(this.#server, world.mainRoom);
    if (now === undefined) return;
    const held = (user: string): number => (JSON.stringify(now.get('m.guild.member_roles', user)?.content ?? '').includes('admin') ? 1 : 0);
    const who = random.chance(0.3) ? random.pick(users) : users.reduce((best, user) => (held(user) > held(best) ? user : best));
    const target = random.pick(random.chance(0.3) ? users : world.servers.flatMap((server) => server.users));
    const wish = random.pick(RECIPES)({ world, random, now, who, signers: this.#server.signersOf(who), target });
    if (wish === undefined) return;
    const event = wish.roomId === NEW_CHANNEL ? await this.#crafter.newChannel(wish) : await this.#crafter.craft({ wish });
    if (event !== undefined) await this.#send([event]);
  }

  /** Old copies again, some of them damaged. */
  async #replay(): Promise<void> {
    const { world, random } = this.#server;
    const known = await this.#crafter.known(world.mainRoom);
    const copies = random
      .shuffled(known)
      .slice(0, 10)
      .map(({ event }) => damaged(event.pdu, random.int(6)));
    await this.#sendTo(this.#others(), copies);
  }

  async #send(events: readonly RoomEvent[]): Promise<void> {
    const { random } = this.#server;
    const others = this.#others();
    const targets = random.chance(0.5) ? others : [random.pick(others)];
    for (const event of events) await this.#own(event);
    await this.#sendTo(
      targets,
      events.map((event) => event.pdu),
    );
  }

  /** Its own copy of the room learns of it, so that it can go on from there. */
  async #own(event: RoomEvent): Promise<void> {
    const { life } = this.#server;
    if (life === null) return;
    this.#server.hidden.set(event.event_id, event.pdu);
    // A create event begins a room of which this server wants no copy.
    if ((await life.store.rooms.open(event.room_id)) === undefined) return;
    try {
      await life.runner.receive(event.room_id, event.pdu, { from: this.#server.name });
    } catch (error) {
      if (error instanceof Error) this.#server.world.ledger.broken.set(error, { pdu: event.pdu });
      throw error;
    }
  }

  async #sendTo(targets: readonly string[], pdus: readonly JsonValue[]): Promise<void> {
    const { world, name } = this.#server;
    if (pdus.length === 0) return;
    const body = { txn: `h${this.#txn++}`, pdus };
    await Promise.allSettled(
      targets.map(async (target) => {
        const answer = await world.network.request(name, target, { kind: 'send', body }, world.times.timeout);
        if (world.shape.model && world.honest.some((one) => one.name === target)) checkAnswers(world, target, pdus, answer);
      }),
    );
  }

  #others(): string[] {
    return this.#server.world.servers.filter((server) => server !== this.#server).map((server) => server.name);
  }
}
