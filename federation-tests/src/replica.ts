import {
  type Ask,
  checkCopy,
  createEvent,
  type EventDraft,
  type Fault,
  type JsonValue,
  NATIVE_VERSION,
  type Needs,
  type Outcome,
  Room,
  type RoomEvent,
  type RoomVersion,
  roomVersion,
  type SignatureCheck,
  sha256,
  signerFromSeed,
  type Signer,
  type StateEntry,
  StateMap,
  type StoredEvent,
  utf8Encode,
  verdictKey,
  verifyPortable,
} from '@openguild/core';

/** An event cites what this replica does not have. */
export class MissingEventsError extends Error {
  override readonly name = 'MissingEventsError';
  readonly eventIds: readonly string[];

  constructor(eventIds: readonly string[]) {
    super(`lacks ${eventIds.join(', ')}`);
    this.eventIds = eventIds;
  }
}

/** The key pair of a name: the same in every run. */
export function keyOf(name: string): Signer {
  return signerFromSeed(sha256(utf8Encode(name)));
}

/** Verdicts are pure, so all replicas of a process share them. */
const verdicts = new Map<string, boolean>();

/**
 * One server's copy of some rooms, in memory: core's Room with every need served at once from maps. No network, no clock but a counter: what it makes of events depends on
 * nothing but these and their order.
 */
export class Replica {
  readonly server: string;
  readonly version: RoomVersion;
  readonly #events = new Map<string, StoredEvent>();
  readonly #rooms = new Map<string, Room>();
  readonly #verify: (check: SignatureCheck) => boolean;
  #clock: number;

  constructor(server: string, clock = 1_000, verify: (check: SignatureCheck) => boolean = verdictOf) {
    this.server = server;
    this.#clock = clock;
    this.#verify = verify;
    const version = roomVersion(NATIVE_VERSION);
    if (version === undefined) throw new Error('the native version is unknown');
    this.version = version;
  }

  /** Every event of every room that was judged here, by ID. */
  get events(): ReadonlyMap<string, StoredEvent> {
    return this.#events;
  }

  room(roomId: string): Room {
    const room = this.#rooms.get(roomId);
    if (room === undefined) throw new Error(`${this.server} does not know ${roomId}`);
    return room;
  }

  knows(roomId: string): boolean {
    return this.#rooms.has(roomId);
  }

  /** Begins a room. `guildId`: of a channel. */
  start(draft: EventDraft, guildId?: string): RoomEvent {
    const guild = guildId === undefined ? undefined : this.room(guildId);
    const copy = createEvent(draft, { now: this.#tick(), signers: [keyOf(`${this.server}/daily`)] }, this.version, guild?.extremities);
    if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
    const outcome = this.receive(copy.value.event.pdu);
    if (outcome.kind !== 'accepted') throw new Error(`create event: ${JSON.stringify(outcome)}`);
    return copy.value.event;
  }

  /** Makes the next event of a room; the fault if it is not allowed. */
  create(roomId: string, draft: EventDraft): RoomEvent | Fault {
    const room = this.room(roomId);
    const signers = [keyOf(`${this.server}/daily`)];
    const now = this.#tick();
    const made = this.#serve(room, () => room.create(draft, { now, signers }));
    if (made.outcome.kind === 'refused') return made.outcome.fault;
    if (made.event === null || made.effects === null) throw new Error('an accepted event is missing');
    this.#keep(made.effects.stored, made.effects.enters_history);
    return made.event;
  }

  /** A copy from anywhere. Throws MissingEventsError if what it cites is not here. */
  receive(pdu: JsonValue): Outcome {
    const copy = checkCopy(pdu, this.version);
    if (!copy.ok) return { kind: 'dropped', fault: copy };
    const room = this.#roomFor(copy.value.event);
    if (!('receive' in room)) return { kind: 'dropped', fault: room };
    const received = this.#serve(room, () => room.receive(copy.value));
    if (received.effects !== null) this.#keep(received.effects.stored, received.effects.enters_history);
    return received.outcome;
  }

  /** The state after these accepted events together, one `type state_key event` per line, in the order of the state's own keys. */
  stateAfter(roomId: string, eventIds: readonly string[]): string {
    const room = this.room(roomId);
    return [...this.#serve(room, () => room.stateAfter(eventIds)).entries()].map((entry) => entry.join(' ')).join('\n');
  }

  /** Any question to a room. */
  ask<T>(roomId: string, question: (room: Room) => Ask<T>): T {
    const room = this.room(roomId);
    return this.#serve(room, () => question(room));
  }

  #roomFor(event: RoomEvent): Room | Fault {
    const known = this.#rooms.get(event.room_id);
    if (known !== undefined) return known;
    const guildId = event.content['guild'];
    if (event.type === 'm.channel.create' && typeof guildId === 'string' && !this.knows(guildId)) throw new MissingEventsError([guildId]);
    if (!event.type.endsWith('.create')) throw new MissingEventsError(event.prev_events);
    const made = Room.fromCreate(event, this.version, typeof guildId === 'string' ? this.room(guildId) : undefined);
    if (!made.ok) return made;
    this.#rooms.set(event.room_id, made.value);
    return made.value;
  }

  #keep(stored: StoredEvent, entering: readonly string[]): void {
    this.#events.set(stored.event.event_id, stored);
    for (const id of entering) {
      const known = this.#events.get(id);
      if (known !== undefined) this.#events.set(id, { ...known, soft_failed: false });
    }
  }

  #serve<T>(room: Room, step: () => Ask<T>): T {
    for (let round = 0; round < 1_000; round += 1) {
      const answer = step();
      if (answer.needs === null) return answer.value;
      const states = answer.needs.states.map(({ event_id }) => ({ event_id, entries: this.#entriesAfter(event_id) }));
      room.supply({
        events: this.#load(answer.needs),
        states,
        verdicts: answer.needs.verdicts.map((check) => ({ check, valid: this.#verify(check) })),
      });
    }
    throw new Error('a step needs more than 1,000 rounds');
  }

  #load({ events, states }: Needs): StoredEvent[] {
    const wanted = [...events, ...states].map(({ event_id }) => event_id);
    const missing = wanted.filter((id) => !this.#events.has(id));
    if (missing.length > 0) throw new MissingEventsError(missing);
    return wanted.flatMap((id) => this.#events.get(id) ?? []);
  }

  #entriesAfter(eventId: string): StateEntry[] {
    const chain: StoredEvent[] = [];
    for (let at = this.#events.get(eventId); at !== undefined; at = at.state_base === null ? undefined : this.#events.get(at.state_base))
      chain.push(at);
    return [...chain.reduceRight((state, stored) => state.with(stored.state_delta), StateMap.EMPTY).entries()];
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }
}

function verdictOf(check: SignatureCheck): boolean {
  const key = verdictKey(check);
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const valid = verifyPortable(check);
  verdicts.set(key, valid);
  return valid;
}
