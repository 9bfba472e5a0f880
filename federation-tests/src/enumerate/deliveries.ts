import {
  type Ask,
  Room,
  type RoomSnapshot,
  type StateEntry,
  StateMap,
  type StoredEvent,
  type UnverifiedCopy,
  type SignatureCheck,
} from '@openguild/core';

/** What a store holds of a room after some deliveries. Two stores that got the same events in another order mostly are the same. */
export interface Station {
  readonly name: string;
  /** What came after the base. */
  readonly stored: ReadonlyMap<string, StoredEvent>;
  readonly extremities: readonly string[];
}

export interface Delivered {
  readonly station: Station;
  /** Null: accepted, for history or not. Else the rule that rejects it. */
  readonly rejectedBy: string | null;
  readonly room: Room;
}

/** Stations remembered by what was delivered where. */
const MAX_KNOWN = 20_000;

/**
 * Every order of delivery of a world without delivering its beginnings again and again. What a room does depends on nothing but what its store holds:
 * so where two orders led to the same store, one continuation stands for both; and what differs goes on separately.
 */
export class Deliveries {
  readonly #snapshot: RoomSnapshot;
  readonly #base: readonly StoredEvent[];
  readonly #entries: readonly StateEntry[];
  readonly #verify: (check: SignatureCheck) => boolean;
  readonly #known = new Map<string, Delivered>();
  readonly empty: Station;
  /** Times that an event was given to a room. */
  count = 0;

  /** `base`: a room's events, of which the last comes after all others. */
  constructor(snapshot: RoomSnapshot, base: readonly StoredEvent[], verify: (check: SignatureCheck) => boolean) {
    this.#snapshot = snapshot;
    this.#base = base;
    this.#verify = verify;
    this.#entries = [...base.reduce((state, { state_delta }) => state.with(state_delta), StateMap.EMPTY).entries()];
    this.empty = { name: '', stored: new Map(), extremities: snapshot.extremities };
  }

  /** A room opened on what the store holds. */
  open({ stored, extremities }: Station): Room {
    const room = Room.open({ ...this.#snapshot, extremities });
    const [end] = this.#base.slice(-1) as [StoredEvent];
    room.supply({ events: [...this.#base, ...stored.values()], states: [{ event_id: end.event.event_id, entries: this.#entries }] });
    return room;
  }

  /** `again`: it will be asked for in other worlds as well. */
  deliver(station: Station, copy: UnverifiedCopy, again: boolean): Delivered {
    const name = `${station.name} > ${copy.event.event_id}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const delivered = this.#deliver(station, copy);
    if (again) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(name, delivered);
    }
    return delivered;
  }

  #deliver(station: Station, copy: UnverifiedCopy): Delivered {
    this.count += 1;
    const room = this.open(station);
    const checks = copy.proof === undefined ? copy.signatures : [...copy.signatures, copy.proof];
    room.supply({ verdicts: checks.map((check) => ({ check, valid: this.#verify(check) })) });
    const { outcome, effects } = answered(room.receive(copy));
    if (effects === null) throw new Error(`not stored: ${outcome.kind}`);
    const stored = new Map(station.stored).set(copy.event.event_id, effects.stored);
    for (const id of effects.enters_history) {
      const entering = stored.get(id);
      if (entering?.soft_failed === true) stored.set(id, { ...entering, soft_failed: false, fault: null });
    }
    const extremities = effects.extremities ?? station.extremities;
    const rejectedBy = outcome.kind === 'rejected' ? outcome.fault.rule : null;
    return { station: { name: nameOf(stored, extremities), stored, extremities }, rejectedBy, room };
  }
}

/** Everything is in memory, so nothing can be lacking. */
export function answered<T>(answer: Ask<T>): T {
  if (answer.needs !== null) throw new Error(`lacking: ${JSON.stringify(answer.needs)}`);
  return answer.value;
}

/** What the store holds, all of it: two of the same name are the same. */
function nameOf(stored: ReadonlyMap<string, StoredEvent>, extremities: readonly string[]): string {
  const parts: string[] = [];
  for (const id of [...stored.keys()].sort(ascii)) {
    const { soft_failed, fault, rank, depth, void_delta, state_base, state_delta } = stored.get(id) as StoredEvent;
    parts.push(`${id} ${soft_failed} ${fault?.rule} ${rank} ${depth} ${JSON.stringify(void_delta)} ${state_base} ${state_delta.join()}`);
  }
  return `${parts.join(';')} at ${extremities.join()}`;
}

function ascii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
