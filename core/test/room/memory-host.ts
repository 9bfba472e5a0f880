import type {
  Ask,
  CreateContext,
  Created,
  HistoryCursor,
  HistoryPage,
  Needs,
  Received,
  StateEntry,
  StoredEvent,
} from '../../src/room/types.ts';
import { createEvent } from '../../src/room/draft.ts';
import { Room } from '../../src/room/room.ts';
import { roomVersion, NATIVE_VERSION, type RoomVersion } from '../../src/version/room-version.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { verdictKey } from '../../src/crypto/verdict-key.ts';
import { sha256 } from '../../src/crypto/digest.ts';
import type { EventDraft, RoomEvent, Signer, UnverifiedCopy } from '../../src/event/types.ts';
import type { JsonValue } from '../../src/json/value.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import { StateMap } from '../../src/state/state-map.ts';

export const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;

/** A step asked for an event that this host has not got. */
export class MissingEvents extends Error {
  readonly eventIds: readonly string[];

  constructor(eventIds: readonly string[]) {
    super(`missing ${eventIds.join(', ')}`);
    this.eventIds = eventIds;
  }
}

/** A key pair by its name: the same in every run. */
export function signer(name: string): Signer {
  return signerFromSeed(sha256(utf8Encode(name)));
}

const verdicts = new Map<string, boolean>();

/** The smallest program around Room: everything in maps, one clock that ticks, every need served at once. */
export class MemoryHost {
  readonly server: string;
  readonly stored = new Map<string, StoredEvent>();
  readonly rooms = new Map<string, Room>();
  clock = 1_000;

  constructor(server: string) {
    this.server = server;
  }

  /** The event of a new room by this host. */
  start(draft: EventDraft, guild?: Room): RoomEvent {
    const copy = createEvent(draft, this.#context([]), VERSION, guild?.extremities);
    if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
    const received = this.receive(copy.value, guild);
    if (received.outcome.kind !== 'accepted') throw new Error(JSON.stringify(received.outcome));
    return copy.value.event;
  }

  create(
    roomId: string,
    draft: EventDraft,
    more: { persons?: readonly Signer[]; cosigners?: readonly string[]; now?: number; sign?: Signer } = {},
  ): Created {
    const room = this.room(roomId);
    const base = this.#context(more.persons ?? [], more.sign);
    const context = { ...base, now: more.now ?? base.now, ...(more.cosigners === undefined ? {} : { cosigners: more.cosigners }) };
    const created = this.serve(room, () => room.create(draft, context));
    if (created.effects !== null) this.stored.set(created.effects.stored.event.event_id, created.effects.stored);
    return created;
  }

  /** The same, and it must be accepted. */
  add(
    roomId: string,
    sender: string,
    type: string,
    content: Record<string, JsonValue>,
    stateKey?: string,
    more: Parameters<MemoryHost['create']>[2] = {},
  ): RoomEvent {
    const created = this.create(roomId, { type, sender, content, ...(stateKey === undefined ? {} : { state_key: stateKey }) }, more);
    if (created.event === null) throw new Error(`refused: ${JSON.stringify(created.outcome)}`);
    return created.event;
  }

  receiveEvent(event: RoomEvent): Received {
    return this.receivePdu(event.pdu);
  }

  receivePdu(pdu: JsonValue): Received {
    const copy = checkCopy(pdu, VERSION);
    if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
    return this.receive(copy.value);
  }

  receive(copy: UnverifiedCopy, guild?: Room): Received {
    const { event } = copy;
    let room = this.rooms.get(event.room_id);
    if (room === undefined) {
      const named = event.content['guild'];
      const made = Room.fromCreate(event, VERSION, guild ?? (typeof named === 'string' ? this.rooms.get(named) : undefined));
      if (!made.ok) throw new Error(`${made.rule}: ${made.detail}`);
      room = made.value;
    }
    const known = this.stored.get(event.event_id);
    if (known !== undefined) room.supply({ events: [known] });
    const target = room;
    const received = this.serve(target, () => target.receive(copy));
    if (received.effects !== null) {
      this.rooms.set(target.room_id, target);
      this.#write(received);
    }
    return received;
  }

  rejudge(eventId: string): Received {
    const room = this.room((this.stored.get(eventId) as StoredEvent).event.room_id);
    const received = this.serve(room, () => room.rejudge(eventId));
    if (received.effects !== null) this.#write(received);
    return received;
  }

  room(roomId: string): Room {
    const room = this.rooms.get(roomId);
    if (room === undefined) throw new Error(`no room ${roomId}`);
    return room;
  }

  /** Asks until the question is answered. */
  serve<T>(room: Room, question: () => Ask<T>): T {
    for (let round = 0; round < 10_000; round++) {
      const answer = question();
      if (answer.needs === null) return answer.value;
      this.#supply(room, answer.needs);
    }
    throw new Error('needs never end');
  }

  /** Forgets everything in memory: what follows must come as needs. */
  reopen(): void {
    const snapshots = [...this.rooms.values()].map((room) => room.snapshot());
    this.rooms.clear();
    for (const snapshot of snapshots.filter((one) => one.guild_id === null)) this.rooms.set(snapshot.room_id, Room.open(snapshot));
    for (const snapshot of snapshots)
      if (snapshot.guild_id !== null) this.rooms.set(snapshot.room_id, Room.open(snapshot, this.room(snapshot.guild_id)));
  }

  stateHash(roomId: string): string {
    return this.serve(this.room(roomId), () => this.room(roomId).stateHash());
  }

  /** Event IDs of the whole history, oldest first. */
  history(roomId: string, page = 7): string[] {
    const room = this.room(roomId);
    const out: string[] = [];
    let cursor: HistoryCursor | null = null;
    do {
      const from: HistoryCursor | null = cursor;
      const found: HistoryPage = this.serve(room, () => room.history(page, from));
      out.push(...found.events.map((stored) => stored.event.event_id));
      cursor = found.next;
    } while (cursor !== null);
    return out.reverse();
  }

  #context(persons: readonly Signer[], sign: Signer = signer(`${this.server}/k1`)): CreateContext {
    return { now: this.clock++, signers: [sign, ...persons] };
  }

  #write(received: Received): void {
    const effects = received.effects;
    if (effects === null) return;
    this.stored.set(effects.stored.event.event_id, effects.stored);
    for (const id of effects.enters_history) {
      const entered = this.stored.get(id) as StoredEvent;
      if (entered.soft_failed) this.stored.set(id, { ...entered, soft_failed: false });
    }
  }

  #supply(room: Room, needs: Needs): void {
    const isHere = ({ room_id, event_id }: Needs['events'][number]): boolean => this.stored.get(event_id)?.event.room_id === room_id;
    const missing = needs.events.filter((one) => !isHere(one)).map((one) => one.event_id);
    if (missing.length > 0) throw new MissingEvents(missing);
    room.supply({
      events: [...needs.events, ...needs.states].map((one) => this.stored.get(one.event_id) as StoredEvent),
      states: needs.states.map(({ event_id }) => ({ event_id, entries: this.#stateAfter(event_id) })),
      verdicts: needs.verdicts.map((check) => {
        const key = verdictKey(check);
        let valid = verdicts.get(key);
        if (valid === undefined) verdicts.set(key, (valid = verifyPortable(check)));
        return { check, valid };
      }),
    });
  }

  #stateAfter(eventId: string): StateEntry[] {
    const chain: StoredEvent[] = [];
    for (let at: string | null = eventId; at !== null; at = (chain.at(-1) as StoredEvent).state_base)
      chain.push(this.stored.get(at) as StoredEvent);
    return [
      ...chain
        .reverse()
        .reduce((state, stored) => state.with(stored.state_delta), StateMap.EMPTY)
        .entries(),
    ];
  }
}
