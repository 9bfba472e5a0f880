import type { AuthGraph } from './auth-graph.ts';
import { compareUtf8 } from './byte-order.ts';
import { Heap } from './heap.ts';
import type { V2Events } from './v2-events.ts';
import type { V2Rules } from './v2-types.ts';

/** Events in an order, by graph number, and for each position what placed it there. */
export interface Ordered {
  readonly numbers: Int32Array;
  /** By position in `numbers`. */
  readonly levels: Float64Array;
}

/**
 * The *reverse topological power ordering*: the lexicographically smallest topological order of the DAG that the events' auth links make, where
 * the greater power of the sender comes first, then the earlier time stamp, then the smaller ID. Kahn's algorithm; every event given is returned.
 *
 * `numbers`: graph numbers, each once. Links through events that are not among them do not count.
 */
export function powerOrder<E>(numbers: readonly number[], graph: AuthGraph, events: V2Events<E>, rules: V2Rules<E>): Ordered {
  const count = numbers.length;
  const { starts, targets } = graph;
  const places = new Int32Array(graph.size);
  for (let i = 0; i < count; i++) places[numbers[i] as number] = i + 1;
  const levels = new Float64Array(count);
  const stamps = new Float64Array(count);
  let current = 0;
  const auth = (type: string, stateKey: string): E | undefined => events.authEvent(current, graph.keyFor(type, stateKey));
  for (let i = 0; i < count; i++) {
    current = numbers[i] as number;
    const event = events.at(current);
    levels[i] = rules.powerOf(event, auth);
    stamps[i] = rules.originTs(event);
  }
  const less = (a: number, b: number): boolean => {
    const power = (levels[a] as number) - (levels[b] as number);
    // Infinity - Infinity is NaN: equal.
    if (power > 0 || power < 0) return power > 0;
    const time = (stamps[a] as number) - (stamps[b] as number);
    if (time !== 0) return time < 0;
    return compareUtf8(graph.idOf(numbers[a] as number), graph.idOf(numbers[b] as number)) < 0;
  };
  const { waiting, citedBy, citedFrom } = links(numbers, places, starts, targets);
  const ready = new Heap(less);
  for (let i = 0; i < count; i++) if (waiting[i] === 0) ready.push(i);
  const order = new Int32Array(count);
  let length = 0;
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    order[length++] = next;
    const end = citedFrom[next + 1] as number;
    for (let i = citedFrom[next] as number; i < end; i++) {
      const follower = citedBy[i] as number;
      const left = (waiting[follower] as number) - 1;
      waiting[follower] = left;
      if (left === 0) ready.push(follower);
    }
  }
  return { numbers: order.map((place) => numbers[place] as number), levels: Float64Array.from(order, (place) => levels[place] as number) };
}

/**
 * The auth links among the events: how many each waits for, and who waits for it (`citedBy` from `citedFrom[i]` to `citedFrom[i + 1]`).
 *
 * Counts stand one place further while `citedBy` is filled; filling a place moves its start to the start of the next, which is where it belongs.
 */
function links(
  numbers: readonly number[],
  places: Int32Array,
  starts: Int32Array,
  targets: Int32Array,
): { waiting: Int32Array; citedBy: Int32Array; citedFrom: Int32Array } {
  const count = numbers.length;
  const waiting = new Int32Array(count);
  const citedFrom = new Int32Array(count + 2);
  for (let place = 0; place < count; place++) {
    const number = numbers[place] as number;
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      const target = places[targets[i] as number] as number;
      if (target === 0) continue;
      waiting[place] = (waiting[place] as number) + 1;
      citedFrom[target + 1] = (citedFrom[target + 1] as number) + 1;
    }
  }
  for (let i = 1; i < citedFrom.length; i++) citedFrom[i] = (citedFrom[i] as number) + (citedFrom[i - 1] as number);
  const citedBy = new Int32Array(citedFrom[count + 1] as number);
  for (let place = 0; place < count; place++) {
    const number = numbers[place] as number;
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      const target = places[targets[i] as number] as number;
      if (target === 0) continue;
      const at = citedFrom[target] as number;
      citedBy[at] = place;
      citedFrom[target] = at + 1;
    }
  }
  return { waiting, citedBy, citedFrom };
}
