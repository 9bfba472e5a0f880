import {
  type Ask,
  checkCopy,
  type JsonObject,
  type Outcome,
  Room,
  type RoomSnapshot,
  type SignatureCheck,
  type StateEntry,
  StateMap,
  type StoredEvent,
  roomVersion,
} from '@openguild/core';

/** One guild in memory that can be continued in many ways: core's Room over a map that is copied, not replayed. */
export class SmallRoom {
  readonly events: Map<string, StoredEvent>;
  readonly room: Room;
  readonly #verify: (check: SignatureCheck) => boolean;

  constructor(events: ReadonlyMap<string, StoredEvent>, snapshot: RoomSnapshot, verify: (check: SignatureCheck) => boolean) {
    this.events = new Map(events);
    this.room = Room.open(snapshot);
    this.#verify = verify;
  }

  /** Everything that it cites must be here. */
  receive(pdu: JsonObject): Outcome {
    const version = roomVersion(this.room.version.id);
    const copy = version === undefined ? undefined : checkCopy(pdu, version);
    if (copy?.ok !== true) throw new Error(`no event: ${copy?.detail}`);
    const { outcome, effects } = this.ask(() => this.room.receive(copy.value));
    if (effects !== null) {
      this.events.set(effects.stored.event.event_id, effects.stored);
      for (const id of effects.enters_history) {
        const entering = this.events.get(id);
        if (entering?.soft_failed === true) this.events.set(id, { ...entering, soft_failed: false });
      }
    }
    return outcome;
  }

  ask<T>(question: () => Ask<T>): T {
    for (let round = 0; round < 100; round++) {
      const answer = question();
      if (answer.needs === null) return answer.value;
      const { events, states, verdicts } = answer.needs;
      this.room.supply({
        events: [...events, ...states].map(({ event_id }) => this.#one(event_id)),
        states: states.map(({ event_id }) => ({ event_id, entries: this.#entriesAfter(event_id) })),
        verdicts: verdicts.map((check) => ({ check, valid: this.#verify(check) })),
      });
    }
    throw new Error('a step needs more than 100 rounds');
  }

  #one(id: string): StoredEvent {
    const stored = this.events.get(id);
    if (stored === undefined) throw new Error(`lacks ${id}`);
    return stored;
  }

  #entriesAfter(eventId: string): StateEntry[] {
    const chain: StoredEvent[] = [];
    for (let at: string | null = eventId; at !== null; at = this.#one(at).state_base) chain.push(this.#one(at));
    return [...chain.reduceRight((state, stored) => state.with(stored.state_delta), StateMap.EMPTY).entries()];
  }
}
