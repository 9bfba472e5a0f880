import { hash } from 'node:crypto';
import {
  addSignature,
  buildEvent,
  checkCopy,
  type JsonObject,
  type JsonValue,
  MemoryRooms,
  type Outcome,
  type RoomEvent,
  type RoomVersion,
  type ServerSignatureCheck,
  type Signer,
  type StateMap,
} from '@openguild/core';
import type { Answer } from '../sim/here.ts';
import { type Network, type Request, Unreachable } from '../sim/network.ts';
import type { Scheduler } from '../sim/scheduler.ts';
import { authEntries } from './matrix-acts.ts';

const KEY = 'ed25519:k1';
const [TIMEOUT, RETRY] = [2_000, 1_000];
/** Rounds of asking for what is missing, each for what the last one cited. */
const ROUNDS = 50;

/** Stands for Ed25519: everybody could forge it, and nobody here does without saying so. */
function signatureOf(server: string, message: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha512', Buffer.concat([Buffer.from(`${server}\n`), message]), 'buffer'));
}

function signerOf(server: string): Signer {
  return { key_id: KEY, sign: (message) => signatureOf(server, message) };
}

function isSigned({ server, message, options }: ServerSignatureCheck): boolean {
  const right = signatureOf(server, message);
  return options.some(({ key_id, signature }) => key_id === KEY && Buffer.compare(signature, right) === 0);
}

/** What somebody wants to do. `vouches`: whose server signs a restricted join as well. */
export interface Wish {
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly content: JsonObject;
  readonly redacts?: string;
  readonly vouches?: string;
}

/** One server of a Matrix room: core's room in memory, a queue for each other server, and asking for what is missing. */
export class MatrixServer {
  readonly name: string;
  readonly users: readonly string[];
  readonly rooms = new MemoryRooms(() => false, isSigned);
  roomId = '';
  readonly #version: RoomVersion;
  readonly #network: Network;
  readonly #scheduler: Scheduler;
  readonly #queues = new Map<string, JsonObject[]>();
  readonly #sending = new Set<string>();

  constructor(name: string, users: readonly string[], version: RoomVersion, network: Network, scheduler: Scheduler) {
    this.name = name;
    this.users = users;
    this.#version = version;
    this.#network = network;
    this.#scheduler = scheduler;
    network.attach(name, (from, request) => this.#answer(from, request));
  }

  /** Other servers get what is made here. */
  peers(names: readonly string[]): void {
    for (const name of names) if (name !== this.name) this.#queues.set(name, []);
  }

  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** What is not sent yet is lost: no server may do that, and whoever looks must see it. */
  forget(): void {
    for (const queue of this.#queues.values()) queue.length = 0;
  }

  /** Makes the room. */
  begin(sender: string, content: JsonObject): RoomEvent {
    const fields = {
      type: 'm.room.create',
      sender,
      state_key: '',
      content,
      origin_ts: this.#scheduler.now,
      prev_events: [],
      auth_events: [],
      depth: 1,
    };
    const event = buildEvent({ ...fields, room_id: `!room:${this.name}` }, this.#version, [signerOf(this.name)]);
    this.roomId = event.room_id;
    const outcome = this.take(event.pdu);
    if (outcome?.kind !== 'accepted') throw new Error(`the room is refused: ${JSON.stringify(outcome)}`);
    this.#send(event.pdu);
    return event;
  }

  /** The next event after all that this server follows, or after these. Told to others if it is accepted, or if it is `forced` on them. */
  make(wish: Wish, how: { readonly prev?: readonly string[]; readonly ts?: number; readonly forced?: boolean } = {}): Outcome | undefined {
    const room = this.rooms.room(this.roomId);
    if (room === undefined) return undefined;
    const prev = (how.prev ?? room.extremities).slice(0, 20);
    const state = this.rooms.ask(this.roomId, (each) => each.stateAfter(prev));
    const depth = 1 + Math.max(...prev.map((id) => Number(this.rooms.stored(this.roomId, id)?.event.pdu['depth'] ?? 0)));
    const { vouches, redacts, ...draft } = wish;
    const auth = authEntries(wish, this.#version.id).flatMap(([type, key]) => state.get(type, key) ?? []);
    const body = {
      ...draft,
      room_id: this.roomId,
      origin_ts: how.ts ?? this.#scheduler.now,
      prev_events: [...prev],
      auth_events: [...new Set(auth)],
      depth: Math.min(depth, Number.MAX_SAFE_INTEGER),
      ...(redacts === undefined ? {} : { more: { redacts } }),
    };
    let event = buildEvent(body, this.#version, [signerOf(this.name)]);
    if (vouches !== undefined && vouches !== this.name) {
      const copy = checkCopy(event.pdu, this.#version);
      const message = copy.ok ? copy.value.servers[0]?.message : undefined;
      if (message !== undefined) event = addSignature(event, vouches, KEY, signatureOf(vouches, message));
    }
    const outcome = this.take(event.pdu);
    if (outcome?.kind === 'accepted' || how.forced === true) this.#send(event.pdu);
    return outcome;
  }

  /** A copy from anywhere. Undefined if something that it cites is not here. */
  take(pdu: JsonValue): Outcome | undefined {
    const copy = checkCopy(pdu, this.#version);
    if (!copy.ok) return { kind: 'dropped', fault: copy };
    const { event } = copy.value;
    if (this.roomId === '' && event.type === 'm.room.create') this.roomId = event.room_id;
    if (event.room_id !== this.roomId || (event.type !== 'm.room.create' && this.rooms.room(this.roomId) === undefined)) return undefined;
    const receipt = this.rooms.receive(copy.value, this.#version);
    return receipt.missing === null ? receipt.outcome : undefined;
  }

  state(ids: readonly string[]): StateMap {
    return this.rooms.ask(this.roomId, (room) => room.stateAfter(ids));
  }

  #send(pdu: JsonObject): void {
    for (const [to, queue] of this.#queues) {
      queue.push(pdu);
      this.#run(to);
    }
  }

  #run(to: string): void {
    const queue = this.#queues.get(to) ?? [];
    if (this.#sending.has(to) || queue.length === 0) return;
    this.#sending.add(to);
    const batch = queue.slice(0, 50);
    this.#network.request(this.name, to, { kind: 'send', body: { pdus: batch } }, TIMEOUT).then(
      () => {
        queue.splice(0, batch.length);
        this.#sending.delete(to);
        this.#run(to);
      },
      (error: unknown) => {
        if (!(error instanceof Unreachable)) throw error;
        this.#scheduler.after(RETRY, () => {
          this.#sending.delete(to);
          this.#run(to);
        });
      },
    );
  }

  async #answer(from: string, { kind, body }: Request): Promise<Answer> {
    if (kind === 'missing') {
      const ids = (body['latest'] as string[]).slice(0, 100);
      return { events: ids.flatMap((id) => this.rooms.stored(this.roomId, id)?.event.pdu ?? []) };
    }
    for (const pdu of body['pdus'] as JsonValue[]) if (this.take(pdu) === undefined) await this.#withPast(from, pdu);
    return {};
  }

  /** Asks the sender for what is missing, back to what is known here, and takes it in from the end. */
  async #withPast(from: string, pdu: JsonValue): Promise<void> {
    const stack = [pdu];
    for (let round = 0; round < ROUNDS; round++) {
      const missing = [...new Set(stack.flatMap((one) => this.#lacking(one)))].filter((id) => !stack.some((one) => this.#idOf(one) === id));
      if (missing.length === 0) break;
      const { events } = await this.#network.request(this.name, from, { kind: 'missing', body: { latest: missing } }, TIMEOUT);
      const found = Array.isArray(events) ? events : [];
      if (found.length === 0) break;
      stack.push(...found);
    }
    for (let before = -1; stack.length > 0 && before !== stack.length; ) {
      before = stack.length;
      for (const one of [...stack].reverse()) if (this.take(one) !== undefined) stack.splice(stack.indexOf(one), 1);
    }
    // The sender gets no answer, and tries again.
    if (stack.length > 0) throw new Error(`${stack.length} events lack something`);
  }

  #lacking(pdu: JsonValue): string[] {
    const copy = checkCopy(pdu, this.#version);
    if (!copy.ok) return [];
    const { prev_events, auth_events } = copy.value.event;
    return [...prev_events, ...auth_events].filter((id) => this.rooms.stored(this.roomId, id) === undefined);
  }

  #idOf(pdu: JsonValue): string | undefined {
    const copy = checkCopy(pdu, this.#version);
    return copy.ok ? copy.value.event.event_id : undefined;
  }
}
