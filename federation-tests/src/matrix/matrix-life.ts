import {
  addSignature,
  buildEvent,
  checkCopy,
  type JsonObject,
  type JsonValue,
  MemoryRooms,
  type Outcome,
  type RoomEvent,
  type Signer,
  type StateMap,
  type StoredEvent,
  type UnverifiedCopy,
} from '@openguild/core';
import type { Store } from '@openguild/storage';
import type { Answer } from '../sim/server/here.ts';
import { Keyring } from '../sim/environment/keyring.ts';
import { type Request, Unreachable } from '../sim/environment/network.ts';
import type { MatrixServer, Wish } from './matrix-server.ts';
import { entryOf } from './model/event.ts';
import { selectedEntries } from './model/rules.ts';
import { MissingPastError, pageOfPast, withPast } from './missing-past.ts';
import { isSigned, signatureOf, signerOf, STAND_IN_KEY } from './stand-in-keys.ts';
import { errorText } from '../error-text.ts';

/** A server that fails is asked again ever later. */
const [TIMEOUT, RETRY, LONGEST_RETRY] = [2_000, 1_000, 16_000];
const [BATCH, MAX_PREV] = [50, 20];
/** Of identity servers, in third-party invitations. */
const STAND_INS = new Keyring(false);

/** How an event is made, where not as it should be. */
export interface Craft {
  readonly prev?: readonly string[];
  readonly ts?: number;
  readonly auth?: readonly string[];
  readonly signers?: readonly Signer[];
}

interface Waiting {
  readonly key: string;
  readonly pdu: JsonObject;
}

/** One process of a server: core's room in memory, made again from the log on disk, and a queue for each other server. */
export class MatrixLife {
  readonly rooms: MemoryRooms;
  roomId = '';
  /** What entered the history, in that order, and the state as the changes that were told make it: what a host shows its people. */
  readonly entered: string[] = [];
  readonly shown = new Map<string, string>();
  readonly #server: MatrixServer;
  readonly #store: Store;
  readonly #queues = new Map<string, Waiting[]>();
  readonly #sending = new Set<string>();
  /** Peer -> when it is tried again after its next failure. */
  readonly #retry = new Map<string, number>();
  #alive = true;
  #silent = false;
  /** Entries of the log so far. */
  #written = 0;
  /** When all that came in so far is on disk. */
  #synced: Promise<void> = Promise.resolve();

  constructor(server: MatrixServer) {
    this.#server = server;
    this.rooms = new MemoryRooms((check) => STAND_INS.verify(check), isSigned);
    this.#store = server.disk.store(() => this.#alive);
    for (const peer of server.peers) this.#queues.set(peer, []);
  }

  /** Takes in again what is on disk, and goes on sending where it was. */
  async start(): Promise<void> {
    const { values } = this.#store;
    const sent = new Map((await values.entries('sent')).map(([peer, { key }]) => [peer, key as string]));
    for (const [key, entry] of await values.entries('log')) {
      const pdu = entry['pdu'] as JsonObject;
      const copy = checkCopy(pdu, this.#server.world.version);
      if (copy.ok) this.#receive(copy.value);
      this.#written = Number(key);
      if (entry['told'] !== true) continue;
      for (const [peer, queue] of this.#queues) if (key > (sent.get(peer) ?? '')) queue.push({ key, pdu });
    }
    const { network } = this.#server.world;
    network.attach(this.#server.name, (from, request) => this.answer(from, request));
    for (const peer of this.#queues.keys()) this.#run(peer);
  }

  die(): void {
    this.#alive = false;
    this.#server.world.network.detach(this.#server.name);
  }

  /** Events that wait for one of these servers. */
  waitingFor(peers: readonly string[]): number {
    return peers.reduce((sum, peer) => sum + (this.#queues.get(peer)?.length ?? 0), 0);
  }

  /** What is not sent yet is lost, and nothing is sent any more: no server may do that, and whoever looks must see it. */
  forget(): void {
    this.#silent = true;
    for (const queue of this.#queues.values()) queue.length = 0;
  }

  /** Makes the room. */
  begin(sender: string, content: JsonObject): void {
    const { name, world } = this.#server;
    const fields = { type: 'm.room.create', sender, state_key: '', content, origin_ts: world.scheduler.now, depth: 1 };
    const links = { prev_events: [], auth_events: [], room_id: `!room:${name}` };
    const event = buildEvent({ ...fields, ...links }, world.version, [signerOf(name)]);
    const outcome = this.enter(event, true);
    if (outcome?.kind !== 'accepted') throw new Error(`the room is refused: ${JSON.stringify(outcome)}`);
  }

  /** What the next event comes after; none without a room. */
  get heads(): readonly string[] {
    return (this.rooms.room(this.roomId)?.extremities ?? []).slice(0, MAX_PREV);
  }

  /** The next event after all that this server follows, or after these. Told to others if it is accepted, or if it is `forced` on them. */
  make(wish: Wish, how: Craft & { readonly forced?: boolean } = {}): Outcome | undefined {
    const event = this.craft(wish, how);
    return event && this.enter(event, how.forced === true ? true : 'accepted');
  }

  craft(wish: Wish, how: Craft = {}): RoomEvent | undefined {
    const { name, world } = this.#server;
    const prev = how.prev ?? this.heads;
    if (prev.length === 0) return undefined;
    const depth = 1 + Math.max(...prev.map((id) => Number(this.stored(id)?.event.pdu['depth'] ?? 0)));
    const { vouches, redacts, ...draft } = wish;
    const body = {
      ...draft,
      room_id: this.roomId,
      origin_ts: how.ts ?? world.scheduler.now,
      prev_events: [...prev],
      auth_events: [...(how.auth ?? this.authOf(wish, prev))],
      depth: Math.min(depth, Number.MAX_SAFE_INTEGER),
      ...(redacts === undefined ? {} : { more: { redacts } }),
    };
    const event = buildEvent(body, world.version, how.signers ?? [signerOf(name)]);
    if (vouches === undefined || vouches === name) return event;
    const copy = checkCopy(event.pdu, world.version);
    const message = copy.ok ? copy.value.servers[0]?.message : undefined;
    return message === undefined ? event : addSignature(event, vouches, STAND_IN_KEY, signatureOf(vouches, message));
  }

  /** The right selection of auth events. */
  authOf(wish: Wish, prev: readonly string[]): string[] {
    const state = this.state(prev);
    const entries = selectedEntries({ ...wish, stateKey: wish.state_key }, Number(this.#server.world.version.id));
    return [...state.entries()].flatMap(([type, key, id]) => (entries.has(entryOf(type, key)) ? [id] : []));
  }

  /** An event made here. Its maker hears of it, and so does anybody else, when it is on disk. */
  enter(event: RoomEvent, told: boolean | 'accepted'): Outcome | undefined {
    const copy = checkCopy(event.pdu, this.#server.world.version);
    const outcome = copy.ok ? this.take(copy.value, told) : undefined;
    const accepted = outcome?.kind === 'accepted';
    if (told !== true && !(told === 'accepted' && accepted)) return outcome;
    const key = keyOf(this.#written);
    this.#synced.then(
      () => {
        if (!this.#alive) return;
        if (accepted) this.#server.acknowledged.add(event.event_id);
        if (this.#silent) return;
        for (const [peer, queue] of this.#queues) {
          queue.push({ key, pdu: event.pdu });
          this.#run(peer);
        }
      },
      (error: unknown) => this.#server.errors.push(String(error)),
    );
    return outcome;
  }

  /** A copy from anywhere. Undefined if something that it cites is not here. */
  take(copy: UnverifiedCopy, told: boolean | 'accepted' = false): Outcome | undefined {
    const ends = this.rooms.room(this.roomId)?.extremities ?? [];
    const isKnown = this.stored(copy.event.event_id) !== undefined;
    const receipt = this.#receive(copy);
    if (receipt?.missing !== null) return undefined;
    const { outcome, effects } = receipt;
    if (effects === null) return outcome;
    const { event_id } = copy.event;
    const soft = outcome.kind === 'soft-failed' ? outcome.fault.rule : null;
    // A whole copy in the place of a redacted one is not judged again (ENG-6).
    if (!isKnown && ends.length > 0 && outcome.kind !== 'rejected') this.#server.judgedTwice.push({ event_id, ends, soft });
    this.#written += 1;
    const entry = { pdu: copy.event.pdu, told: told === true || (told === 'accepted' && outcome.kind === 'accepted') };
    this.#synced = this.#store.values.set('log', keyOf(this.#written), entry);
    return outcome;
  }

  #receive(copy: UnverifiedCopy) {
    const { event } = copy;
    if (this.roomId === '' && event.type === 'm.room.create') this.roomId = event.room_id;
    if (event.room_id !== this.roomId || (event.type !== 'm.room.create' && this.rooms.room(this.roomId) === undefined)) return undefined;
    const receipt = this.rooms.receive(copy, this.#server.world.version);
    if (receipt.missing !== null || receipt.effects === null) return receipt;
    const { enters_history: entered, state_changes: changes } = receipt.effects;
    this.entered.push(...entered);
    for (const [type, key, id] of changes)
      if (id === null) this.shown.delete(entryOf(type, key));
      else this.shown.set(entryOf(type, key), id);
    return receipt;
  }

  stored(id: string): StoredEvent | undefined {
    return this.rooms.stored(this.roomId, id);
  }

  state(ids: readonly string[]): StateMap {
    return this.rooms.ask(this.roomId, (room) => room.stateAfter(ids));
  }

  #run(to: string): void {
    const queue = this.#queues.get(to) ?? [];
    if (!this.#alive || this.#sending.has(to) || queue.length === 0) return;
    const { name, world } = this.#server;
    this.#sending.add(to);
    const batch = queue.slice(0, BATCH);
    world.network.request(name, to, { kind: 'send', body: { pdus: batch.map(({ pdu }) => pdu) } }, TIMEOUT).then(
      () => {
        queue.splice(0, batch.length);
        this.#sending.delete(to);
        this.#retry.delete(to);
        // Nobody waits for it: what is sent twice is known there.
        this.#store.values
          .set('sent', to, { key: batch.at(-1)?.key ?? '' })
          .catch((error: unknown) => this.#server.errors.push(String(error)));
        this.#run(to);
      },
      (error: unknown) => {
        if (!(error instanceof Unreachable)) this.#server.errors.push(String(error));
        const wait = this.#retry.get(to) ?? RETRY;
        this.#retry.set(to, Math.min(2 * wait, LONGEST_RETRY));
        world.scheduler.after(wait, () => {
          this.#sending.delete(to);
          this.#run(to);
        });
      },
    );
  }

  async answer(from: string, { kind, body }: Request): Promise<Answer> {
    if (kind === 'missing') return { events: pageOfPast(this.rooms, this.roomId, body) };
    const taken: string[] = [];
    let lacking: MissingPastError | null = null;
    for (const pdu of body['pdus'] as JsonValue[]) {
      try {
        taken.push(await this.#takeSent(from, pdu));
      } catch (error) {
        if (!(error instanceof MissingPastError)) this.#server.errors.push(errorText(error));
        else lacking = error;
      }
    }
    // The sender gets no answer, and tries again. What it sent besides is in.
    if (lacking !== null) throw lacking;
    await this.#synced;
    for (const id of taken) if (this.stored(id) !== undefined) this.#server.acknowledged.add(id);
    return {};
  }

  /** Its event ID, if it has one. */
  async #takeSent(from: string, pdu: JsonValue): Promise<string> {
    const { network, version } = this.#server.world;
    this.#server.received += 1;
    const copy = checkCopy(pdu, version);
    if (!copy.ok) return '';
    const { event_id, prev_events: prev, auth_events: auth } = copy.value.event;
    if (this.take(copy.value) !== undefined) return event_id;
    const latest = [...prev, ...auth].filter((id) => this.stored(id) === undefined);
    const earliest = this.heads;
    await withPast(copy.value, {
      version,
      take: (one) => this.take(one) !== undefined,
      ask: (page) => {
        this.#server.asked += 1;
        return network.request(this.#server.name, from, { kind: 'missing', body: { latest, earliest, page } }, TIMEOUT);
      },
    });
    return event_id;
  }
}

/** So that the order of keys is that of numbers. */
function keyOf(number: number): string {
  return String(number).padStart(8, '0');
}
