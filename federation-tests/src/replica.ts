import {
  type Ask,
  checkCopy,
  type EventDraft,
  type Fault,
  type JsonValue,
  MemoryRooms,
  MissingEventsError,
  NATIVE_VERSION,
  type Outcome,
  type Room,
  type RoomEvent,
  type RoomVersion,
  roomVersion,
  sha256,
  signerFromSeed,
  type Signer,
  type StoredEvent,
  utf8Encode,
  verdictKey,
  type Verify,
  verifyPortable,
} from '@openguild/core';

/** The key pair of a name: the same in every run. */
export function keyOf(name: string): Signer {
  return signerFromSeed(sha256(utf8Encode(name)));
}

/** Verdicts are pure, so all replicas of a process share them. */
const verdicts = new Map<string, boolean>();

/**
 * One server's copy of some rooms: core's rooms in memory, its keys, and a clock that is a counter. What it makes of events depends on nothing but these and
 * their order.
 */
export class Replica {
  readonly server: string;
  readonly version: RoomVersion;
  readonly #rooms: MemoryRooms;
  #clock: number;

  constructor(server: string, clock = 1_000) {
    this.server = server;
    this.#clock = clock;
    this.#rooms = new MemoryRooms(verdictOf);
    const version = roomVersion(NATIVE_VERSION);
    if (version === undefined) throw new Error('the native version is unknown');
    this.version = version;
  }

  /** What was made of an event here; undefined if it never came. */
  stored({ room_id, event_id }: RoomEvent): StoredEvent | undefined {
    return this.#rooms.stored(room_id, event_id);
  }

  /** Begins a room. `guildId`: of a channel. */
  start(draft: EventDraft, guildId?: string): RoomEvent {
    const { outcome, event } = this.#rooms.start(draft, this.#context(), this.version, guildId);
    if (event === null) throw new Error(`create event: ${JSON.stringify(outcome)}`);
    return event;
  }

  /** Makes the next event of a room; the fault if it is not allowed. */
  create(roomId: string, draft: EventDraft): RoomEvent | Fault {
    const { outcome, event } = this.#rooms.create(roomId, draft, this.#context());
    if (outcome.kind === 'refused') return outcome.fault;
    if (event === null) throw new Error('an accepted event is missing');
    return event;
  }

  /** A copy from anywhere. Throws MissingEventsError if what it cites is not here. */
  receive(pdu: JsonValue): Outcome {
    const copy = checkCopy(pdu, this.version);
    if (!copy.ok) return { kind: 'dropped', fault: copy };
    const { event } = copy.value;
    const { guild } = event.content;
    const lacks = event.type === 'm.channel.create' ? guild : event.prev_events.length > 0 ? event.room_id : undefined;
    // A room that is not here is lacking like any event: the copy is given again later.
    if (typeof lacks === 'string' && this.#rooms.room(lacks) === undefined)
      throw new MissingEventsError([{ room_id: lacks, event_id: event.prev_events[0] ?? lacks }]);
    const receipt = this.#rooms.receive(copy.value, this.version);
    if (receipt.missing !== null) throw new MissingEventsError(receipt.missing);
    return receipt.outcome;
  }

  /** The state after these accepted events together, one `type state_key event` per line, in the order of the state's own keys. */
  stateAfter(roomId: string, eventIds: readonly string[]): string {
    return [...this.ask(roomId, (room) => room.stateAfter(eventIds)).entries()].map((entry) => entry.join(' ')).join('\n');
  }

  /** Any question to a room. */
  ask<T>(roomId: string, question: (room: Room) => Ask<T>): T {
    return this.#rooms.ask(roomId, question);
  }

  #context(): { readonly now: number; readonly signers: readonly Signer[] } {
    this.#clock += 1;
    return { now: this.#clock, signers: [keyOf(`${this.server}/daily`)] };
  }
}

function verdictOf(check: Parameters<Verify>[0]): boolean {
  const key = verdictKey(check);
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const valid = verifyPortable(check);
  verdicts.set(key, valid);
  return valid;
}
