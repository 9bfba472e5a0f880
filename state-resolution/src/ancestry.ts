import { causalOrder, type Vertex as Placed } from './causal-order.ts';
import { type CausalLinks, ChainCover } from './chain-cover.ts';

/** What ancestry needs to know of an event. */
interface Vertex extends Placed {
  readonly key: string | undefined;
}

/**
 * Who is in whose past, within one region: state events as small integers.
 *
 * Numbers rise along causality. Events that are not state connect, and have no number. Kept as a chain cover; or, in the tangles where that would take more memory, as
 * a bit for each pair of state events.
 */
export class Ancestry<N extends Vertex> {
  /** State events in an order in which everything cited comes first; the index is the event's number. */
  readonly states: readonly N[];
  /** By number the place in the chain cover, which counts every event. */
  readonly #places: Int32Array;
  readonly #cover: ChainCover | undefined;
  readonly #words: number;
  readonly #rows: Uint32Array;

  /** Throws if two vertices share an ID or if they cite each other in a circle: no region of accepted events does. `chains` false: never a chain cover. */
  constructor(vertices: readonly N[], chains = true) {
    const { ordered, links } = causalOrder(vertices);
    this.#places = Int32Array.from(ordered.keys()).filter((place) => ordered[place]?.key !== undefined);
    this.states = Array.from(this.#places, (place) => ordered[place] as N);
    this.#words = (this.states.length + 31) >>> 5;
    this.#cover = chains ? ChainCover.of(links, this.states.length * this.#words) : undefined;
    this.#rows = new Uint32Array(this.#cover === undefined ? this.states.length * this.#words : 0);
    if (this.#cover === undefined) this.#fillRows(ordered.length, links);
  }

  /** Is state event `a` in the past of state event `b`? */
  precedes(a: number, b: number): boolean {
    const cover = this.#cover;
    if (cover === undefined) return ((this.#rows[b * this.#words + (a >>> 5)] as number) & (1 << (a & 31))) !== 0;
    const place = this.#places[a] as number;
    return (cover.places[place] as number) <= cover.reach(this.#places[b] as number, cover.chains[place] as number);
  }

  /** Is neither in the other's past? False for an event and itself. */
  concurrent(a: number, b: number): boolean {
    return a !== b && !this.precedes(a, b) && !this.precedes(b, a);
  }

  /** Those of `numbers` (ascending) that none of the others has in its past, descending. */
  lastOf(numbers: readonly number[]): number[] {
    const ends: number[] = [];
    for (let i = numbers.length - 1; i >= 0; i--) {
      const candidate = numbers[i] as number;
      if (!ends.some((end) => this.precedes(candidate, end))) ends.push(candidate);
    }
    return ends;
  }

  /** The same numbers (ascending) by the chains that they are on, for `lastBefore`; undefined where there is no chain cover. */
  byChain(numbers: readonly number[]): ByChain | undefined {
    const cover = this.#cover;
    if (cover === undefined) return undefined;
    const chains = new Map<number, number[]>();
    for (const number of numbers) {
      const chain = cover.chains[this.#places[number] as number] as number;
      const onIt = chains.get(chain);
      if (onIt === undefined) chains.set(chain, [number]);
      else onIt.push(number);
    }
    return { chains, ascending: [...chains.keys()].sort((a, b) => a - b) };
  }

  /** On each chain the last of its numbers that is in the past of `number` and that `counts`. All others that count are in the past of one of these. */
  lastBefore(number: number, { chains, ascending }: ByChain, counts: (candidate: number) => boolean): number[] {
    const cover = this.#cover as ChainCover;
    const place = this.#places[number] as number;
    const own = cover.chains[place] as number;
    const limit = cover.reachedUpTo(place);
    const found: number[] = [];
    const look = (chain: number): void => {
      const onIt = chains.get(chain) as number[];
      let at = this.#countUpTo(onIt, cover.reach(place, chain)) - 1;
      while (at >= 0 && !counts(onIt[at] as number)) at--;
      if (at >= 0) found.push(onIt[at] as number);
    };
    for (const chain of ascending) {
      if (chain >= limit) break;
      if (chain !== own) look(chain);
    }
    if (chains.has(own)) look(own);
    return found;
  }

  /** How many of the numbers on one chain have a place up to `reach`. */
  #countUpTo(onIt: readonly number[], reach: number): number {
    const { places } = this.#cover as ChainCover;
    let low = 0;
    let high = onIt.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[this.#places[onIt[middle] as number] as number] as number) <= reach) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A row of bits for each event in causal order: its own past is that of what it cites, and what it cites. */
  #fillRows(count: number, { starts, targets }: CausalLinks): void {
    const numbers = new Int32Array(count).fill(-1);
    for (const [number, place] of this.#places.entries()) numbers[place] = number;
    const rows: Uint32Array[] = [];
    for (let v = 0; v < count; v++) {
      const number = numbers[v] as number;
      const row = number < 0 ? new Uint32Array(this.#words) : this.#rows.subarray(number * this.#words, (number + 1) * this.#words);
      for (const cited of targets.subarray(starts[v], starts[v + 1])) {
        const past = rows[cited] as Uint32Array;
        for (let w = 0; w < row.length; w++) row[w] = (row[w] as number) | (past[w] as number);
        const bit = numbers[cited] as number;
        if (bit >= 0) row[bit >>> 5] = (row[bit >>> 5] as number) | (1 << (bit & 31));
      }
      rows.push(row);
    }
  }
}

/** Numbers by the chains that they are on. */
export interface ByChain {
  readonly chains: ReadonlyMap<number, number[]>;
  readonly ascending: readonly number[];
}
