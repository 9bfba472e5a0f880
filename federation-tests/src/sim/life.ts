import {
  actingBits,
  BITS,
  type EventDraft,
  type JsonObject,
  type JsonValue,
  membershipOf,
  type RoomEvent,
  serverOf,
  type Signer,
  userRank,
} from '@openguild/core';
import {
  type Commit,
  type CreateOptions,
  type Creation,
  RoomHeldError,
  RoomRunner,
  type Store,
  StoreFailedError,
  UnknownRoomError,
} from '@openguild/storage';
import { Access } from './access.ts';
import { ChannelCatchUp } from './channel-catch-up.ts';
import { Fetcher, PAGE, walkBack } from './fetch.ts';
import { HeadsExchange } from './heads-exchange.ts';
import type { Answer, Here } from './here.ts';
import { signersNow } from './listed-key.ts';
import { Merger } from './merger.ts';
import { Refused, type Request, Unreachable } from './network.ts';
import { Outgoing } from './outgoing.ts';
import { RestoredRooms } from './restored-rooms.ts';
import type { SimServer } from './server.ts';
import { takeIn } from './take-in.ts';

/** Longer than a write waits for a slow disk, virtual milliseconds. */
const WRITTEN_WITHIN = 5_000;

/**
 * One process of a server, from its start to its crash: the real RoomRunner on a simulated disk, and around it a model of the host's federation as
 * PROTOCOL.md's FED rules have it. What is in memory here is gone with it.
 */
export class Life {
  alive = true;
  readonly server: SimServer;
  readonly runner: RoomRunner;
  readonly store: Store;
  readonly access: Access;
  readonly channels: ChannelCatchUp;
  readonly heads: HeadsExchange;
  readonly here: Here;
  readonly #restored: RestoredRooms;
  readonly #outgoing: Outgoing;
  readonly #merger: Merger;
  /** FED-34: origin -> its transaction before. */
  readonly #inbound = new Map<string, Promise<unknown>>();
  /** Room -> where it ends, as far as this process changed that. */
  readonly #ends = new Map<string, readonly string[]>();
  /** Room -> since when that is so, true time. */
  readonly #endsSince = new Map<string, number>();

  constructor(server: SimServer) {
    this.server = server;
    const { world, name } = server;
    const { ledger, scheduler } = world;
    this.store = server.disk.store(() => this.alive);
    const fetchMissing = async (roomId: string, ids: readonly string[], from: string | null): Promise<JsonValue[]> => {
      const fetched = await fetcher.fetch(roomId, ids, from);
      ledger.handled += fetched.length;
      return fetched;
    };
    this.runner = new RoomRunner({
      store: this.store,
      verify: world.keyring.verifyAll,
      readCopy: world.reader.read,
      fetchMissing,
      now: () => this.#now(),
      ownServer: name,
      ...(server.generation === 0 ? {} : { held: { has: (roomId: string) => this.#restored.has(roomId) } }),
      limits: server.limits,
      onCommit: (commit) => this.#committed(commit),
      onError: (error) => this.#wrong('a background task failed', error),
    });
    this.here = {
      name,
      store: this.store,
      runner: this.runner,
      ledger,
      reader: world.reader,
      random: server.random,
      times: world.times,
      now: () => this.#now(),
      time: () => scheduler.now,
      timer: (ms, run) => this.#timer(ms, run),
      generation: server.generation,
      request: (to, request) => this.#request(to, request),
      headsSince: (guildId, time) => server.headsSince(guildId, time),
    };
    const fetcher = new Fetcher(this.here);
    this.access = new Access(this.here);
    this.#outgoing = new Outgoing(this.here, (peer) => this.heads.returned(peer));
    this.#merger = new Merger(this.here, {
      merge: async (roomId) =>
        void (await this.create(
          roomId,
          { type: 'm.room.merge', sender: `@:${name}`, content: {} },
          (await signersNow(server, `@:${name}`)).slice(0, 1),
        )),
      compareAgain: (roomId) => this.heads.touch(roomId),
      isDelivered: (peer) => this.#outgoing.isIdle(peer),
    });
    this.#restored = new RestoredRooms(this.here, (peer, roomIds) => this.heads.with(peer, roomIds));
    this.heads = new HeadsExchange(this.here, this.access, this.#merger, (peer, roomId, heads) =>
      this.#restored.heard(peer, roomId, heads),
    );
    this.channels = new ChannelCatchUp(this.here, {
      compareWith: (peer, roomIds) => this.heads.with(peer, roomIds),
      touch: (roomId) => this.heads.touch(roomId),
    });
  }

  start(): void {
    this.#timer(0, async () => {
      await this.#restored.start();
      await this.#outgoing.start();
      await this.heads.start();
      await this.channels.start();
    });
  }

  end(): void {
    this.alive = false;
  }

  /** What a client asks for. Undefined if the disk failed: the client does not know what became of it. */
  async create(
    roomId: string | null,
    draft: EventDraft,
    signers: readonly Signer[],
    extra: CreateOptions = {},
  ): Promise<Creation | undefined> {
    const { ledger } = this.server.world;
    this.server.pruneHeads();
    try {
      const made = await this.runner.create(roomId, draft, signers, extra);
      ledger.handled += 1;
      if (made.outcome.kind === 'refused') ledger.reached(made.outcome.fault.rule);
      return made;
    } catch (error) {
      if (error instanceof StoreFailedError || error instanceof UnknownRoomError || error instanceof RoomHeldError) return undefined;
      throw error;
    }
  }

  /** A room of which this server knows nothing: takes it in, and joins (FED-74). Undefined if that did not work out. */
  async join(roomId: string, user: string, via: string, extra: CreateOptions): Promise<Creation | undefined> {
    const { world } = this.server;
    try {
      if (via !== this.server.name) {
        await this.#request(via, { kind: 'join', body: { room_id: roomId, user_id: user } });
        // Who gets the room's events anyway has nothing to take in.
        if (!(await this.#follows(roomId)) && !(await takeIn(this.here, roomId, world.shape.version, via))) return undefined;
      }
    } catch (error) {
      if (error instanceof Unreachable || error instanceof Refused || error instanceof StoreFailedError) return undefined;
      throw error;
    }
    const content = { membership: 'join', root: world.keyring.id(`${this.server.name}/k0`) };
    const made = await this.create(
      roomId,
      { type: 'm.room.member', sender: user, state_key: user, content },
      this.server.signersOf(user),
      extra,
    );
    if (made?.outcome.kind === 'accepted' && world.shape.kind === 'guild') this.#timer(0, () => this.channels.now(roomId, via));
    return made;
  }

  async #follows(roomId: string): Promise<boolean> {
    return (await this.store.rooms.open(roomId)) !== undefined && (await this.access.receives(roomId, this.server.name));
  }

  /** Answers another server. Throws Refused; anything else is a fault of this server and a finding. */
  async answer(from: string, { kind, body }: Request): Promise<Answer> {
    this.#outgoing.signOfLife(from);
    try {
      switch (kind) {
        case 'send':
          return await this.#inOrder(from, () => this.#transaction(from, body));
        case 'heads':
          return { rooms: await this.heads.answer(from, (body['rooms'] ?? {}) as JsonObject) };
        case 'missing':
          return await this.#missing(from, body);
        case 'log':
          return await this.#log(from, body);
        case 'join':
          return await this.#letIn(from, String(body['room_id']), String(body['user_id']));
      }
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof StoreFailedError)) this.#wrong(`answering ${kind} failed`, error);
      throw error;
    }
  }

  /** FED-32 to FED-34 */
  async #transaction(from: string, body: Request['body']): Promise<Answer> {
    const txn = String(body['txn']);
    const known = await this.store.inbound.find(from, txn);
    if (known !== undefined) return { results: known.response };
    const outcomes: Record<string, JsonValue> = {};
    const pdus = Array.isArray(body['pdus']) ? body['pdus'].slice(0, 50) : [];
    for (const [i, pdu] of pdus.entries()) outcomes[String(i)] = await this.#receive(from, pdu);
    if (from === this.server.name) return { results: outcomes };
    await this.store.inbound.add({ origin: from, txn_id: txn, body_hash: '', response: outcomes, received_ts: this.#now() });
    return { results: outcomes };
  }

  /** FED-31 */
  async #receive(from: string, pdu: JsonValue): Promise<string> {
    const { ledger } = this.server.world;
    ledger.handled += 1;
    const target = await this.#target(pdu);
    if (target === undefined || !(await this.access.isAdmitted(target.governor, from))) {
      ledger.reached('FED-31');
      return 'refused';
    }
    try {
      const outcome = await this.runner.receive(target.room, pdu, { from, version: target.version });
      if ('fault' in outcome) ledger.reached(outcome.fault.rule);
      if (outcome.kind === 'parked') {
        ledger.peakParked = Math.max(ledger.peakParked, this.runner.parked);
        ledger.reached('FED-36');
      }
      return outcome.kind;
    } catch (error) {
      if (error instanceof StoreFailedError) throw error;
      this.#wrong('receiving an event failed', error);
      return 'failed';
    }
  }

  async #target(pdu: JsonValue): Promise<{ room: string; governor: string; version: string } | undefined> {
    if (typeof pdu !== 'object' || pdu === null || Array.isArray(pdu)) return undefined;
    const { room_id, type, content } = pdu as JsonObject;
    if (typeof room_id === 'string') {
      const room = await this.store.rooms.open(room_id);
      return room && { room: room_id, governor: room_id, version: room.room_version };
    }
    const { guild, room_version } = (typeof content === 'object' && content !== null ? content : {}) as JsonObject;
    if (type !== 'm.channel.create' || typeof guild !== 'string' || typeof room_version !== 'string') return undefined;
    const room = this.server.world.roomOfCreate(pdu);
    return room === undefined || (await this.store.rooms.open(guild))?.kind !== 'guild'
      ? undefined
      : { room, governor: guild, version: room_version };
  }

  async #missing(from: string, body: Request['body']): Promise<Answer> {
    const room = await this.access.room(body['room_id'], from);
    const ids = (value: JsonValue | undefined): string[] =>
      Array.isArray(value) ? value.slice(0, PAGE).filter((id): id is string => typeof id === 'string') : [];
    const events = await walkBack(this.store.rooms, room.room_id, ids(body['latest']), ids(body['earliest']), PAGE);
    return { events: await this.access.serve(room, from, events) };
  }

  async #log(from: string, body: Request['body']): Promise<Answer> {
    const room = await this.access.room(body['room_id'], from);
    const { after } = body;
    const [depth, event_id] = typeof after === 'string' ? after.split(' ') : [];
    const events = await this.store.rooms.byDepth(room.room_id, event_id === undefined ? null : { depth: Number(depth), event_id }, PAGE);
    const last = events.length === PAGE ? events.at(-1) : undefined;
    return {
      events: await this.access.serve(room, from, events),
      next: last === undefined ? null : `${last.depth} ${last.event.event_id}`,
    };
  }

  /** FED-75, FED-76: lets in who is invited, or anybody into a public room; admits his server in the name of a local user if needed. */
  async #letIn(from: string, roomId: string, user: string): Promise<Answer> {
    if ((await this.store.rooms.open(roomId)) === undefined || serverOf(user) !== from) throw new Refused('NOT_ADMITTED');
    const rule = await this.runner.ask(roomId, (room) => room.stateEvent('m.room.join_rules'));
    const membership = await this.runner.ask(roomId, (room) => room.judgeBy((view) => membershipOf(view, user)));
    const open = rule?.content['join_rule'] === 'public' || membership === 'invite' || membership === 'join';
    if (!open || membership === 'ban') throw new Refused('NOT_ADMITTED');
    if (!(await this.access.isAdmitted(roomId, from))) await this.#admit(roomId, from);
    return {};
  }

  async #admit(roomId: string, server: string): Promise<void> {
    const { users, world } = this.server;
    const may = await this.runner.ask(roomId, (room) =>
      room.judgeBy((view) =>
        users.filter((user) => {
          const event = { sender: user, signed_by: this.server.signersOf(user).map((signer) => signer.key_id) } as unknown as RoomEvent;
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
    await this.create(roomId, { type: 'm.server.admission', sender: user, state_key: server, content }, this.server.signersOf(user));
    if (!(await this.access.isAdmitted(roomId, server))) throw new Refused('NOT_ADMITTED');
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

  #committed(commit: Commit): void {
    const { ledger, scheduler } = this.server.world;
    const { room, effects, destinations } = commit;
    ledger.committed(this.server.name, commit, scheduler.now);
    this.#noteSecondJudgement(commit);
    this.server.noteCommit(commit);
    for (const destination of destinations) this.server.noteDisclosure(destination, commit);
    this.#outgoing.wake(destinations);
    if (effects.enters_history.length === 0) return;
    this.heads.touch(room.room_id);
    if (room.kind === 'guild') this.channels.changed(room.room_id, effects.state_changes);
    const { extremities } = effects;
    if (extremities !== null && extremities.length > 10)
      this.#timer(0, async () =>
        this.#merger.ends(room.room_id, extremities, await this.runner.ask(room.room_id, (each) => each.servers())),
      );
  }

  /** ENG-9. Rooms are written by one hand, so where this one ended before is known; a channel's guild may have gone on while the event was written. */
  #noteSecondJudgement({ room, effects }: Commit): void {
    const { stored, extremities } = effects;
    const before = this.#ends.get(room.room_id);
    const { ledger, scheduler } = this.server.world;
    if (extremities !== null) {
      this.#ends.set(room.room_id, extremities);
      if (before === undefined) this.#endsSince.set(room.room_id, scheduler.now);
    }
    if (stored.verdict === 'rejected') return;
    const { event_id } = stored.event;
    // A whole copy that takes the place of a redacted one is not judged again.
    if (!stored.soft_failed && !effects.enters_history.includes(event_id)) return;
    const soft = stored.soft_failed ? (stored.fault?.rule ?? '') : null;
    const told = { server: this.server.name, room_id: room.room_id, event_id, soft };
    const { guild_id } = room;
    const since = scheduler.now - WRITTEN_WITHIN;
    if (guild_id === null) {
      if (before !== undefined) ledger.judgedTwice.push({ ...told, heads: [before] });
    } else if ((this.#endsSince.get(guild_id) ?? Infinity) < since)
      ledger.judgedTwice.push({ ...told, heads: this.server.headsSince(guild_id, since) });
  }

  async #request(to: string, request: Request): Promise<Answer> {
    const { network } = this.server.world;
    const answer = network.request(this.server.name, to, request, this.here.times.timeout);
    return this.alive ? this.#whileAlive(answer) : new Promise(() => {});
  }

  /** A dead process hears nothing any more. */
  #whileAlive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.alive && resolve(value),
        (error: unknown) => this.alive && reject(error),
      );
    });
  }

  #timer(ms: number, run: () => unknown): () => void {
    return this.server.world.scheduler.after(ms, () => {
      if (!this.alive) return;
      try {
        const running = run();
        if (running instanceof Promise) running.catch((error: unknown) => this.#later(run, error));
      } catch (error) {
        this.#wrong('a timer failed', error);
      }
    });
  }

  /** A disk that fails now may work in a second; a host's loops try again as well. */
  #later(run: () => unknown, error: unknown): void {
    if (isDiskFailure(error)) this.#timer(1_000, run);
    else this.#wrong('a timer failed', error);
  }

  #wrong(what: string, error: unknown): void {
    if (!this.alive || isDiskFailure(error)) return;
    const detail =
      error instanceof Error
        ? `${error.stack ?? error.message}${error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : ''}`
        : String(error);
    this.server.world.ledger.find('no-error', `${this.server.name}: ${what}: ${detail}`);
  }

  #now(): number {
    return this.server.world.scheduler.now + this.server.skew;
  }
}

function isDiskFailure(error: unknown): boolean {
  return error instanceof StoreFailedError || (error instanceof Error && error.cause !== undefined && isDiskFailure(error.cause));
}
