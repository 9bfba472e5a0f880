import type { AuthGraph } from './auth-graph.ts';
import { RankQueue } from './rank-queue.ts';
import { timeOrder } from './time-order.ts';
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
 * `numbers`: graph numbers, each once. Links through events that are not among them do not count. Where each stands among all, links aside, is found once, so that
 * the queue of those that are ready holds integers.
 */
export function powerOrder(numbers: Int32Array, graph: AuthGraph, rules: V2Rules): Ordered {
  const count = numbers.length;
  const levels = new Float64Array(count);
  for (let i = 0; i < count; i++) levels[i] = rules.powerOf(numbers[i] as number);
  const ranked = byLevel(timeOrder(numbers, graph), levels);
  const ranks = new Int32Array(count);
  for (let rank = 0; rank < count; rank++) ranks[ranked[rank] as number] = rank;
  const { waiting, citedBy, citedFrom } = links(numbers, graph);
  const ready = new RankQueue(count);
  for (let i = 0; i < count; i++) if (waiting[i] === 0) ready.push(ranks[i] as number);
  const ordered = { numbers: new Int32Array(count), levels: new Float64Array(count) };
  let length = 0;
  for (let rank = ready.pop(); rank >= 0; rank = ready.pop()) {
    const next = ranked[rank] as number;
    ordered.numbers[length] = numbers[next] as number;
    ordered.levels[length++] = levels[next] as number;
    const end = citedFrom[next + 1] as number;
    for (let i = citedFrom[next] as number; i < end; i++) {
      const follower = citedBy[i] as number;
      const left = (waiting[follower] as number) - 1;
      waiting[follower] = left;
      if (left === 0) ready.push(ranks[follower] as number);
    }
  }
  return ordered;
}

/** Indices, the greatest level first and as they were within a level. There are few different levels in a room; `Infinity` is one. */
function byLevel(indices: Int32Array, levels: Float64Array): Int32Array {
  const counts = new Map<number, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  const places = new Map<number, number>();
  let place = 0;
  for (const level of [...counts.keys()].sort(descending)) {
    places.set(level, place);
    place += counts.get(level) as number;
  }
  const ordered = new Int32Array(indices.length);
  for (const index of indices) {
    const level = levels[index] as number;
    const at = places.get(level) as number;
    ordered[at] = index;
    places.set(level, at + 1);
  }
  return ordered;
}

/** Not their difference: that of two infinities is no number. */
function descending(a: number, b: number): number {
  if (a === b) return 0;
  return a > b ? -1 : 1;
}

/**
 * The auth links among the events: how many each waits for, and who waits for it (`citedBy` from `citedFrom[i]` to `citedFrom[i + 1]`).
 *
 * Counts stand one place further while `citedBy` is filled; filling a place moves its start to the start of the next, which is where it belongs.
 */
function links(numbers: Int32Array, graph: AuthGraph): { waiting: Int32Array; citedBy: Int32Array; citedFrom: Int32Array } {
  const { starts, targets } = graph;
  const count = numbers.length;
  const places = new Int32Array(graph.size);
  for (let i = 0; i < count; i++) places[numbers[i] as number] = i + 1;
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
