import type { V2Input, V2Rules } from './v2-types.ts';

/** The events that one resolution has loaded, each once, by small integers of its own (`slot`s). */
export class V2Events<E> {
  readonly #input: V2Input<E>;
  readonly #rules: V2Rules<E>;
  /** Graph number -> slot + 1; 0: not met. */
  readonly #slots: Int32Array;
  readonly #events: E[] = [];

  constructor(input: V2Input<E>, rules: V2Rules<E>) {
    this.#input = input;
    this.#rules = rules;
    this.#slots = new Int32Array(input.graph.size);
  }

  /** The event of a graph number. */
  at(number: number): E {
    const slot = this.#slots[number] as number;
    if (slot !== 0) return this.#events[slot - 1] as E;
    const event = this.#input.event(this.#input.graph.idOf(number), number);
    this.#slots[number] = this.#events.push(event);
    return event;
  }

  /** The first of an event's auth events that has a pair (by its integer) and was not rejected. */
  authEvent(number: number, key: number): E | undefined {
    const { starts, targets, keys } = this.#input.graph;
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      const target = targets[i] as number;
      if (keys[target] !== key) continue;
      const event = this.at(target);
      if (!this.#rules.isRejected(event)) return event;
    }
    return undefined;
  }
}
