import {
  actingBits,
  BITS,
  type EventDraft,
  type JsonObject,
  type JsonValue,
  membershipOf,
  type RoomEvent,
  type RoomSnapshot,
  serverOf,
  type Signer,
  userRank,
} from '@openguild/core';
import { StoreFailedError } from '@openguild/storage';
import type { Access } from './access.ts';
import { PAGE, walkBack } from './fetch.ts';
import type { HeadsExchange } from './heads-exchange.ts';
import type { Answer, Here } from './here.ts';
import { Refused, type Request } from '../environment/network.ts';
import type { Outgoing } from './outgoing.ts';
import type { SimServer } from './server.ts';

interface Parts {
  readonly access: Access;
  readonly heads: HeadsExchange;
  readonly outgoing: Outgoing;
  create(roomId: string, draft: EventDraft, signers: readonly Signer[]): Promise<unknown>;
  /** A copy waits for these events. */
  parked(pdu: JsonObject, room: RoomSnapshot, missing: readonly string[]): Promise<void> | undefined;
  /** A fault of this server. */
  wrong(what: string, error: unknown): void;
}

/** What a server answers to others: transactions, heads, missing events, logs, joins. */
export class Answering {
  readonly #here: Here;
  readonly #server: SimServer;
  readonly #parts: Parts;
  /** FED-34: origin -> its transaction before. */
  readonly #inbound = new Map<string, Promise<unknown>>();

  constructor(here: Here, server: SimServer, parts: Parts) {
    this.#here = here;
    this.#server = server;
    this.#parts = parts;
  }

  /** Answers another server. Throws Refused; anything else is a fault of this server and a finding. */
  async answer(from: string, { kind, body }: Request): Promise<Answer> {
    this.#parts.outgoing.signOfLife(from);
    try {
      switch (kind) {
        case 'send':
          return await this.#inOrder(from, () => this.#transaction(from, body));
        case 'heads':
          return { rooms: await this.#parts.heads.answer(from, (body['rooms'] ?? {}) as JsonObject) };
        case 'missing':
          return await this.#missing(from, body);
        case 'log':
          return await this.#log(from, body);
        case 'join':
          return await this.#letIn(from, String(body['room_id']), String(body['user_id']));
      }
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof StoreFailedError)) this.#parts.wrong(`answering ${kind} failed`, error);
      throw error;
    }
  }

  /** FED-32 to FED-34 */
  async #transaction(from: string, body: Request['body']): Promise<Answer> {
    const txn = String(body['txn']);
    const known = await this.#here.store.inbound.find(from, txn);
    if (known !== undefined) return { results: known.response };
    const outcomes: Record<string, JsonValue> = {};
    const pdus = Array.isArray(body['pdus']) ? body['pdus'].slice(0, 50) : [];
    for (const [i, pdu] of pdus.entries()) outcomes[String(i)] = await this.#receive(from, pdu);
    if (from === this.#here.name) return { results: outcomes };
    await this.#here.store.inbound.add({ origin: from, txn_id: txn, body_hash: '', response: outcomes, received_ts: this.#here.now() });
    return { results: outcomes };
  }

  /** FED-31 */
  async #receive(from: string, pdu: JsonValue): Promise<string> {
    const { ledger } = this.#server.world;
    ledger.handled += 1;
    const target = await this.#target(pdu);
    if (target === undefined || !(await this.#parts.access.isAdmitted(target.governor, from))) {
      ledger.reached('FED-31');
      return 'refused';
    }
    try {
      const outcome = await this.#here.runner.receive(target.room, pdu, { from, version: target.version });
      if ('fault' in outcome) ledger.reached(outcome.fault.rule);
      if (outcome.kind === 'parked') {
        ledger.peakParked = Math.max(ledger.peakParked, this.#here.runner.parked);
        ledger.reached('FED-36');
        const room = await this.#here.store.rooms.open(target.room);
        if (room !== undefined) await this.#parts.parked(pdu as JsonObject, room, outcome.missing);
      }
      return outcome.kind;
    } catch (error) {
      if (error instanceof StoreFailedError) throw error;
      if (error instanceof Error) ledger.broken.set(error, { pdu: pdu as JsonObject });
      this.#parts.wrong('receiving an event failed', error);
      return 'failed';
    }
  }

  async #target(pdu: JsonValue): Promise<{ room: string; governor: string; version: string } | undefined> {
    if (typeof pdu !== 'object' || pdu === null || Array.isArray(pdu)) return undefined;
    const { room_id, type, content } = pdu as JsonObject;
    if (typeof room_id === 'string') {
      const room = await this.#here.store.rooms.open(room_id);
      return room && { room: room_id, governor: room_id, version: room.room_version };
    }
    const { guild, room_version } = (typeof content === 'object' && content !== null ? content : {}) as JsonObject;
    if (type !== 'm.channel.create' || typeof guild !== 'string' || typeof room_version !== 'string') return undefined;
    const room = this.#server.world.roomOfCreate(pdu);
    return room === undefined || (await this.#here.store.rooms.open(guild))?.kind !== 'guild'
      ? undefined
      : { room, governor: guild, version: room_version };
  }

  async #missing(from: string, body: Request['body']): Promise<Answer> {
    const room = await this.#parts.access.room(body['room_id'], from);
    const ids = (value: JsonValue | undefined): string[] =>
      Array.isArray(value) ? value.slice(0, PAGE).filter((id): id is string => typeof id === 'string') : [];
    const events = await walkBack(this.#here.store.rooms, room.room_id, ids(body['latest']), ids(body['earliest']), PAGE);
    return { events: await this.#parts.access.serve(room, from, events) };
  }

  async #log(from: string, body: Request['body']): Promise<Answer> {
    const room = await this.#parts.access.room(body['room_id'], from);
    const { after } = body;
    const [depth, event_id] = typeof after === 'string' ? after.split(' ') : [];
    const events = await this.#here.store.rooms.byDepth(
      room.room_id,
      event_id === undefined ? null : { depth: Number(depth), event_id },
      PAGE,
    );
    const last = events.length === PAGE ? events.at(-1) : undefined;
    return {
      events: await this.#parts.access.serve(room, from, events),
      next: last === undefined ? null : `${last.depth} ${last.event.event_id}`,
    };
  }

  /** FED-75, FED-76: lets in who is invited, or anybody into a public room; admits his server in the name of a local user if needed. */
  async #letIn(from: string, roomId: string, user: string): Promise<Answer> {
    if ((await this.#here.store.rooms.open(roomId)) === undefined || serverOf(user) !== from) throw new Refused('NOT_ADMITTED');
    const rule = await this.#here.runner.ask(roomId, (room) => room.stateEvent('m.room.join_rules'));
    const membership = await this.#here.runner.ask(roomId, (room) => room.judgeBy((view) => membershipOf(view, user)));
    const open = rule?.content['join_rule'] === 'public' || membership === 'invite' || membership === 'join';
    if (!open || membership === 'ban') throw new Refused('NOT_ADMITTED');
    if (!(await this.#parts.access.isAdmitted(roomId, from))) await this.#admit(roomId, from);
    return {};
  }

  async #admit(roomId: string, server: string): Promise<void> {
    const { users, world } = this.#server;
    const may = await this.#here.runner.ask(roomId, (room) =>
      room.judgeBy((view) =>
        users.filter((user) => {
          const event = { sender: user, signed_by: this.#server.signersOf(user).map((signer) => signer.key_id) } as unknown as RoomEvent;
          return (
            membershipOf(view, user) === 'join' &&
            (view.isPlain ? userRank(view, user) >= 50 : (actingBits(view, event) & BITS.ADMIT_SERVERS) !== 0n)
          );
        }),
      ),
    );
    const [user] = may;
    if (user === undefined) throw new Refused('NOT_ADMITTED');
    const content = world.keyring.admission(roomId, server, 0);
    await this.#parts.create(
      roomId,
      { type: 'm.server.admission', sender: user, state_key: server, content },
      this.#server.signersOf(user),
    );
    if (!(await this.#parts.access.isAdmitted(roomId, server))) throw new Refused('NOT_ADMITTED');
  }

  #inOrder(from: string, work: () => Promise<Answer>): Promise<Answer> {
    const before = this.#inbound.get(from) ?? Promise.resolve();
    const running = before.then(work, work);
    this.#inbound.set(
      from,
      running.catch(() => undefined),
    );
    return running;
  }
}
