import type { Facet } from './types.ts';

/**
 * Power events that put something into one key, in the order of judging; and, for each facet that was asked for, those that look alike
 * through it. A class grows as power events are added, and is computed for each event once.
 */
export class PowerClasses<E> {
  readonly numbers: number[] = [];
  readonly #values: E[] = [];
  readonly #byFacet = new Map<string, { classes: Map<string, number[]>; upTo: number }>();

  add(number: number, value: E): void {
    this.numbers.push(number);
    this.#values.push(value);
  }

  /** The classes under a facet, each in the order of judging. */
  under(facet: Facet<E>): Iterable<readonly number[]> {
    let known = this.#byFacet.get(facet.name);
    if (known === undefined) this.#byFacet.set(facet.name, (known = { classes: new Map(), upTo: 0 }));
    for (; known.upTo < this.numbers.length; known.upTo++) {
      const seen = facet.of(this.#values[known.upTo] as E);
      const number = this.numbers[known.upTo] as number;
      const alike = known.classes.get(seen);
      if (alike === undefined) known.classes.set(seen, [number]);
      else alike.push(number);
    }
    return known.classes.values();
  }
}
