import type { RoomEvent } from '../event/types.ts';
import { stateKeyOf } from '../state/state-map.ts';
import { TYPES } from './event-types.ts';

/** One entry that a rule asked for. */
export interface ReadEntry {
  readonly type: string;
  readonly stateKey: string;
  /** Undefined: the state has no such entry. */
  readonly event: RoomEvent | undefined;
}

/**
 * State as one rule sees it. It remembers what was read: the base of auth events, of resolution and of explanations.
 *
 * `lookup` may throw where an event is not in memory; the view is then to be thrown away. The create event is not an entry: it is the same
 * in every state of a room, whose ID is made from it.
 */
export class StateView {
  readonly create: RoomEvent | undefined;
  readonly #lookup: (type: string, stateKey: string) => RoomEvent | undefined;
  /** By type, then by state key. */
  readonly #read = new Map<string, Map<string, ReadEntry>>();
  readonly #reads: ReadEntry[] = [];

  constructor(lookup: (type: string, stateKey: string) => RoomEvent | undefined, create: RoomEvent | undefined) {
    this.#lookup = lookup;
    this.create = create;
  }

  /** The event that holds an entry. */
  get(type: string, stateKey = ''): RoomEvent | undefined {
    let ofType = this.#read.get(type);
    const known = ofType?.get(stateKey);
    if (known !== undefined) return known.event;
    const event = this.#lookup(type, stateKey);
    if (ofType === undefined) this.#read.set(type, (ofType = new Map()));
    const entry = { type, stateKey, event };
    ofType.set(stateKey, entry);
    this.#reads.push(entry);
    return event;
  }

  /** The create event. Throws if there is none: rule AUTH-1.1 comes before every rule that asks. */
  get origin(): RoomEvent {
    if (this.create === undefined) throw new Error('a state without a create event');
    return this.create;
  }

  /** Is this the state of a plain room, whose authority is power levels? */
  get isPlain(): boolean {
    return this.origin.type === TYPES.CREATE_PLAIN;
  }

  /** Every entry asked for so far, in the order of asking. */
  reads(): readonly ReadEntry[] {
    return this.#reads;
  }

  /** Was this entry asked for? */
  hasRead(type: string, stateKey: string): boolean {
    return this.#read.get(type)?.has(stateKey) === true;
  }

  /** The same state with some entries replaced. */
  with(events: readonly RoomEvent[]): StateView {
    const put = new Map(events.map((event) => [stateKeyOf(event.type, event.state_key ?? ''), event]));
    return new StateView((type, stateKey) => put.get(stateKeyOf(type, stateKey)) ?? this.get(type, stateKey), this.create);
  }
}
