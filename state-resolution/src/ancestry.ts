import { compareUtf8 } from './byte-order.ts';

/** What ancestry needs to know of an event. */
interface Vertex {
  readonly id: string;
  readonly prev: readonly string[];
  readonly key: string | undefined;
  readonly originTs: number;
}

/**
 * Who is in whose past, within one region: state events as small integers, each with a bitset of its ancestors.
 *
 * Numbers rise along causality. Events that are not state have a row while the rows are built, and no number.
 */
export class Ancestry<N extends Vertex> {
  /** State events in an order in which everything cited comes first; the index is the event's number. */
  readonly states: readonly N[];
  readonly #words: number;
  readonly #rows: Uint32Array;

  /** Throws if two vertices share an ID or if they cite each other in a circle: no region of accepted events does. */
  constructor(vertices: readonly N[]) {
    const ordered = causalOrder(vertices);
    this.states = ordered.filter((vertex) => vertex.key !== undefined);
    this.#words = (this.states.length + 31) >>> 5;
    this.#rows = new Uint32Array(this.states.length * this.#words);
    this.#fill(ordered);
  }

  /** Is state event `a` in the past of state event `b`? */
  precedes(a: number, b: number): boolean {
    return ((this.#rows[b * this.#words + (a >>> 5)] as number) & (1 << (a & 31))) !== 0;
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

  #fill(ordered: readonly N[]): void {
    const rows = new Map<string, Uint32Array>();
    const numbers = new Map<string, number>(this.states.map((vertex, number) => [vertex.id, number]));
    for (const vertex of ordered) {
      const number = numbers.get(vertex.id);
      const start = (number ?? 0) * this.#words;
      const row = number === undefined ? new Uint32Array(this.#words) : this.#rows.subarray(start, start + this.#words);
      for (const cited of vertex.prev) {
        const past = rows.get(cited);
        if (past === undefined) continue;
        for (let w = 0; w < row.length; w++) row[w] = (row[w] as number) | (past[w] as number);
        const bit = numbers.get(cited);
        if (bit !== undefined) row[bit >>> 5] = (row[bit >>> 5] as number) | (1 << (bit & 31));
      }
      rows.set(vertex.id, row);
    }
  }
}

/** A topological order that does not depend on the order given. */
function causalOrder<N extends Vertex>(vertices: readonly N[]): N[] {
  const sorted = [...vertices].sort((a, b) => a.originTs - b.originTs || compareUtf8(a.id, b.id));
  const waiting = new Map<string, number>(sorted.map((vertex) => [vertex.id, 0]));
  if (waiting.size !== sorted.length) throw new Error('an event occurs twice in the region');
  const followers = new Map<string, N[]>();
  for (const vertex of sorted) {
    for (const cited of new Set(vertex.prev)) {
      if (!waiting.has(cited)) continue;
      waiting.set(vertex.id, (waiting.get(vertex.id) as number) + 1);
      const list = followers.get(cited);
      if (list === undefined) followers.set(cited, [vertex]);
      else list.push(vertex);
    }
  }
  const ordered = sorted.filter((vertex) => waiting.get(vertex.id) === 0);
  for (const vertex of ordered) {
    for (const follower of followers.get(vertex.id) ?? []) {
      const left = (waiting.get(follower.id) as number) - 1;
      waiting.set(follower.id, left);
      if (left === 0) ordered.push(follower);
    }
  }
  if (ordered.length !== sorted.length) throw new Error('events of the region cite each other in a circle');
  return ordered;
}
