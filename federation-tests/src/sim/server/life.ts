import { type EventDraft, type JsonValue, roomVersion, type RoomVersion, type Signer } from '@openguild/core';
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
import type { Attempt } from '../ledger.ts';
import { Access } from './access.ts';
import { AheadEvents } from './ahead-events.ts';
import { Answering } from './answering.ts';
import { ChannelCatchUp } from './channel-catch-up.ts';
import { Fetcher } from './fetch.ts';
import { HeadsExchange } from './heads-exchange.ts';
import type { Answer, Here } from './here.ts';
import { signersNow } from './listed-key.ts';
import { Merger } from './merger.ts';
import { Refused, type Request, Unreachable } from '../environment/network.ts';
import { Outgoing } from './outgoing.ts';
import { ParkedEvents } from './parked-events.ts';
import { RefusalNotes } from './refusal-notes.ts';
import { RestoredRooms } from './restored-rooms.ts';
import { SecondJudgements } from './second-judgements.ts';
import type { SimServer } from './server.ts';
import { takeIn } from './take-in.ts';

/** Milliseconds that a write takes on a disk on which nothing waits for long. */
const SWIFT = 50;

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
  /** Room that was taken in since this process began -> its state, as the changes that were told make it. */
  readonly told = new Map<string, Map<string, string>>();
  readonly #restored: RestoredRooms;
  readonly #outgoing: Outgoing;
  readonly #merger: Merger;
  readonly #answering: Answering;
  readonly #judgements: SecondJudgements;
  readonly #refusals: RefusalNotes;
  /** Where disks fail, what could not be written then waits for the next cause. */
  readonly #ahead: AheadEvents | null;
  readonly #parked: ParkedEvents | null;

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
    this.#judgements = new SecondJudgements(server);
    this.#refusals = new RefusalNotes(this.here, server);
    this.#ahead = server.hostile || world.shape.diskFailing > 0 ? null : new AheadEvents(this.here);
    this.#parked = this.#ahead === null || world.shape.diskLatency > SWIFT ? null : new ParkedEvents(this.here);
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
    this.heads = new HeadsExchange(this.here, this.#merger, (peer, roomId, heads) => this.#restored.heard(peer, roomId, heads));
    this.channels = new ChannelCatchUp(this.here, {
      compareWith: (peer, roomIds) => this.heads.with(peer, roomIds),
      touch: (roomId) => this.heads.touch(roomId),
    });
    this.#answering = new Answering(this.here, server, {
      access: this.access,
      heads: this.heads,
      outgoing: this.#outgoing,
      create: (roomId, draft, signers) => this.create(roomId, draft, signers),
      parked: (pdu, room, missing) => this.#parked?.parked(pdu, room, missing),
      wrong: (what, error) => this.#wrong(what, error),
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
      const refused = await this.#refusals.begin(roomId, draft, signers);
      const before = await this.#governorEnds(roomId);
      const made = await this.runner.create(roomId, draft, signers, extra);
      ledger.handled += 1;
      if (roomId !== null && made.outcome.kind === 'accepted' && !made.repeated && before === (await this.#governorEnds(roomId)))
        ledger.outgoing.push({ from: this.server.name, room_id: roomId, event_id: made.event.event_id, to: made.destinations });
      if (made.outcome.kind === 'refused') await refused(made.outcome.fault.rule);
      return made;
    } catch (error) {
      if (error instanceof StoreFailedError || error instanceof UnknownRoomError || error instanceof RoomHeldError) return undefined;
      const attempt = await this.attempt(roomId, draft, signers);
      if (attempt !== undefined && error instanceof Error) ledger.broken.set(error, attempt);
      throw error;
    }
  }

  /** For the ledger: what is asked for, at this place. Undefined where this server does not know it. */
  attempt(roomId: string | null, draft: EventDraft, signers: readonly Signer[]): Promise<Attempt | undefined> {
    return this.#refusals.attempt(roomId, draft, signers);
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
  answer(from: string, request: Request): Promise<Answer> {
    return this.#answering.answer(from, request);
  }

  #committed(commit: Commit): void {
    const { ledger, scheduler } = this.server.world;
    const { room, effects, destinations } = commit;
    ledger.committed(this.server.name, commit, scheduler.now);
    this.#judgements.note(commit);
    this.#ahead?.note(commit);
    this.#parked?.note(commit);
    this.server.noteCommit(commit);
    this.#tell(commit);
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

  /** Where a channel's guild ends; empty for other rooms, whose events move no other room. */
  async #governorEnds(roomId: string | null): Promise<string> {
    const guildId = roomId === null ? undefined : (await this.store.rooms.open(roomId))?.guild_id;
    return typeof guildId === 'string' ? ((await this.store.rooms.open(guildId))?.extremities.join(' ') ?? '') : '';
  }

  #noteSent(to: string, pdus: JsonValue | undefined): void {
    const { ledger, shape } = this.server.world;
    const version = roomVersion(shape.version);
    const name = `${this.server.name} ${to}`;
    const sent = ledger.sentEvents.get(name) ?? new Set<string>();
    ledger.sentEvents.set(name, sent);
    for (const pdu of Array.isArray(pdus) && version !== undefined ? pdus : []) {
      const read = this.here.reader.read(pdu as JsonValue, version as RoomVersion);
      if (read.ok) sent.add(read.value.event.event_id);
    }
  }

  #tell({ room, effects }: Commit): void {
    if (effects.creates_room) this.told.set(room.room_id, new Map());
    const told = this.told.get(room.room_id);
    for (const [type, key, id] of told === undefined ? [] : effects.state_changes)
      if (id === null) told?.delete(`${type}\n${key}`);
      else told?.set(`${type}\n${key}`, id);
  }

  async #request(to: string, request: Request): Promise<Answer> {
    const { network } = this.server.world;
    if (request.kind === 'send') this.#noteSent(to, request.body['pdus']);
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
    this.server.world.ledger.broke(`${this.server.name}: ${what}`, error);
  }

  #now(): number {
    return this.server.world.scheduler.now + this.server.skew;
  }
}

function isDiskFailure(error: unknown): boolean {
  return error instanceof StoreFailedError || (error instanceof Error && error.cause !== undefined && isDiskFailure(error.cause));
}
