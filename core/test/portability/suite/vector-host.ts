import {
  type Ask,
  blake3,
  checkCopy,
  ENGINE_RULES,
  type JsonObject,
  type JsonValue,
  NATIVE_VERSION,
  type Needs,
  type Received,
  Room,
  type RoomVersion,
  roomVersion,
  type Signer,
  signerFromSeed,
  type StateEntry,
  StateMap,
  type StoredEvent,
  type UnverifiedCopy,
  utf8Encode,
  verdictKey,
  verifyPortable,
} from '@openguild/core';

export const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;

/** A key pair by its name: everybody who runs the vectors may choose keys; these are the same in every run. */
export function signerNamed(name: string): Signer {
  return signerFromSeed(blake3(utf8Encode(name)));
}

/** A step asked for events that this host has not got. */
export class MissingEvents extends Error {
  readonly eventIds: readonly string[];

  constructor(eventIds: readonly string[]) {
    super(`missing ${eventIds.join(', ')}`);
    this.eventIds = eventIds;
  }
}

/** Signatures are the same wherever they are checked, so each is checked once. */
const verdicts = new Map<string, boolean>();

/** The smallest program around `Room`: everything in maps, every need served at once. Portable: the entry of core and nothing else. */
export class VectorHost {
  readonly stored = new Map<string, StoredEvent>();
  /** Of a room at other extremities: what it follows. */
  readonly #followed = new WeakMap<Room, ReadonlySet<string>>();
  readonly #rooms = new Map<string, Room>();

  /** Takes one copy in, as bytes from elsewhere would be after the strict reader. A room is opened by its create event. */
  receive(pdu: JsonValue, roomId?: string): Received['outcome'] {
    const named = versionNamed(pdu);
    if (named !== undefined && roomVersion(named) === undefined)
      return { kind: 'dropped', fault: { rule: ENGINE_RULES.VERSION, detail: `unknown version ${named}` } };
    const copy = checkCopy(pdu, VERSION);
    if (!copy.ok) return { kind: 'dropped', fault: copy };
    const room = this.#rooms.get(roomId ?? copy.value.event.room_id) ?? this.#begin(copy.value);
    if (!(room instanceof Room)) return { kind: 'dropped', fault: room };
    return this.receiveIn(room, copy.value).outcome;
  }

  receiveIn(room: Room, copy: UnverifiedCopy): Received {
    const known = this.stored.get(copy.event.event_id);
    if (known !== undefined) room.supply({ events: [known] });
    const received = this.serve(room, () => room.receive(copy));
    if (received.effects !== null) {
      this.#rooms.set(room.room_id, room);
      this.#write(received);
    }
    return received;
  }

  rejudge(eventId: string): Received['outcome'] {
    const room = this.room((this.stored.get(eventId) as StoredEvent).event.room_id);
    const received = this.serve(room, () => room.rejudge(eventId));
    this.#write(received);
    return received.outcome;
  }

  room(roomId: string): Room {
    const room = this.#rooms.get(roomId);
    if (room === undefined) throw new Error(`no room ${roomId}`);
    return room;
  }

  /** The same room as a host with other extremities would have it. */
  roomAt(roomId: string, extremities: readonly string[], guild?: Room): Room {
    const room = Room.open({ ...this.room(roomId).snapshot(), extremities }, guild);
    this.#followed.set(room, this.#withPast(extremities));
    return room;
  }

  #withPast(ids: readonly string[]): ReadonlySet<string> {
    const past = new Set<string>();
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (past.has(id)) continue;
      past.add(id);
      open.push(...((this.stored.get(id) as StoredEvent).event.prev_events as readonly string[]));
    }
    return past;
  }

  /** An event as the host of a room has it: what lies beyond the room's extremities is soft-failed there (ENG-11). */
  #record(room: Room, eventId: string): StoredEvent {
    const stored = this.stored.get(eventId) as StoredEvent;
    const owner = stored.event.room_id === room.room_id ? room : room.guild;
    const followed = owner === null ? undefined : this.#followed.get(owner);
    return followed === undefined || followed.has(eventId) || stored.verdict === 'rejected' ? stored : { ...stored, soft_failed: true };
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

  /** Event IDs of the whole history, oldest first. */
  history(roomId: string): string[] {
    const room = this.room(roomId);
    return this.serve(room, () => room.history(Number.MAX_SAFE_INTEGER))
      .events.map((stored) => stored.event.event_id)
      .reverse();
  }

  #begin({ event }: UnverifiedCopy): Room | { readonly rule: string; readonly detail: string } {
    const guild = event.content['guild'];
    const made = Room.fromCreate(event, VERSION, typeof guild === 'string' ? this.#rooms.get(guild) : undefined);
    return made.ok ? made.value : made;
  }

  #write({ effects }: Received): void {
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
      events: [...needs.events, ...needs.states].map((one) => this.#record(room, one.event_id)),
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

/** The version that a create event names, by which it is to be read. */
function versionNamed(pdu: JsonValue): string | undefined {
  if (pdu === null || typeof pdu !== 'object' || Array.isArray(pdu)) return undefined;
  const content = (pdu as JsonObject)['content'];
  if (content === null || typeof content !== 'object' || Array.isArray(content)) return undefined;
  const version = (content as JsonObject | undefined)?.['room_version'];
  return typeof version === 'string' ? version : undefined;
}
