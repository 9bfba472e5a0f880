import type { V2Input, V2Rules } from './v2-types.ts';

/**
 * The events that one resolution has met, by small integers of its own (`slot`s), and their (type, state key) pairs as integers (`key`s):
 * so that judging an event compares and hashes as few strings as possible.
 */
export class V2Events<E> {
  readonly #input: V2Input<E>;
  readonly #rules: V2Rules<E>;
  /** Graph number -> slot + 1; 0: not met. */
  readonly #slots: Int32Array;
  readonly #keys = new Map<string, Map<string, number>>();
  readonly events: E[] = [];
  readonly numbers: number[] = [];
  readonly keyOf: number[] = [];
  readonly keyNames: (readonly [type: string, stateKey: string])[] = [];

  readonly #contested: boolean[] = [];

  constructor(input: V2Input<E>, rules: V2Rules<E>) {
    this.#input = input;
    this.#rules = rules;
    this.#slots = new Int32Array(input.graph.size);
  }

  /** The slot of an event, which is loaded if it is new here. */
  slotOf(number: number): number {
    const known = this.#slots[number] as number;
    if (known !== 0) return known - 1;
    const event = this.#input.event(this.#input.graph.idOf(number));
    const slot = this.events.length;
    this.#slots[number] = slot + 1;
    this.events.push(event);
    this.numbers.push(number);
    this.keyOf.push(this.#addKey(this.#rules.typeOf(event), this.#rules.stateKeyOf(event)));
    return slot;
  }

  /** Notes that the states disagree on what this event sets. */
  contest(number: number): void {
    this.#contested[this.keyOf[this.slotOf(number)] as number] = true;
  }

  isContested(key: number): boolean {
    return this.#contested[key] === true;
  }

  /** The integer of a pair, or -1 if no event that was met has it. */
  keyFor(type: string, stateKey: string): number {
    return this.#keys.get(type)?.get(stateKey) ?? -1;
  }

  /** The first of an event's auth events that has this pair and was not rejected. */
  authEvent(slot: number, type: string, stateKey: string): E | undefined {
    const { starts, targets } = this.#input.graph;
    const number = this.numbers[slot] as number;
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      const auth = this.slotOf(targets[i] as number);
      const [authType, authStateKey] = this.keyNames[this.keyOf[auth] as number] as readonly [string, string];
      if (authStateKey !== stateKey || authType !== type) continue;
      const event = this.events[auth] as E;
      if (!this.#rules.isRejected(event)) return event;
    }
    return undefined;
  }

  #addKey(type: string, stateKey: string): number {
    let ofType = this.#keys.get(type);
    if (ofType === undefined) this.#keys.set(type, (ofType = new Map()));
    let key = ofType.get(stateKey);
    if (key === undefined) {
      key = this.keyNames.length;
      ofType.set(stateKey, key);
      this.keyNames.push([type, stateKey]);
    }
    return key;
  }
}
