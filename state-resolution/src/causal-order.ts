import { compareUtf8 } from './byte-order.ts';
import type { CausalLinks } from './chain-cover.ts';

/** What is ordered. */
export interface Vertex {
  readonly id: string;
  readonly prev: readonly string[];
  readonly originTs: number;
}

/**
 * A topological order that does not depend on the order given, with the links among the events by their places in it.
 *
 * Throws if two have one ID or if they cite each other in a circle.
 */
export function causalOrder<N extends Vertex>(vertices: readonly N[]): { readonly ordered: N[]; readonly links: CausalLinks } {
  const sorted = [...vertices].sort((a, b) => a.originTs - b.originTs || compareUtf8(a.id, b.id));
  const count = sorted.length;
  const indices = new Map(sorted.map((vertex, i) => [vertex.id, i]));
  if (indices.size !== count) throw new Error('an event occurs twice in the region');
  const starts = new Int32Array(count + 1);
  const cited: number[] = [];
  const followedFrom = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) {
    for (const id of (sorted[i] as N).prev) {
      const index = indices.get(id);
      if (index === undefined) continue;
      cited.push(index);
      followedFrom[index + 1] = (followedFrom[index + 1] as number) + 1;
    }
    starts[i + 1] = cited.length;
  }
  for (let i = 0; i < count; i++) followedFrom[i + 1] = (followedFrom[i + 1] as number) + (followedFrom[i] as number);
  const followers = new Int32Array(cited.length);
  const filled = followedFrom.slice();
  const waiting = new Int32Array(count);
  const order = new Int32Array(count);
  let length = 0;
  for (let i = 0; i < count; i++) {
    const from = starts[i] as number;
    const to = starts[i + 1] as number;
    waiting[i] = to - from;
    if (to === from) order[length++] = i;
    for (let k = from; k < to; k++) {
      const at = filled[cited[k] as number] as number;
      followers[at] = i;
      filled[cited[k] as number] = at + 1;
    }
  }
  const places = new Int32Array(count);
  for (let place = 0; place < length; place++) {
    const index = order[place] as number;
    places[index] = place;
    for (let k = followedFrom[index] as number; k < (followedFrom[index + 1] as number); k++) {
      const follower = followers[k] as number;
      const left = (waiting[follower] as number) - 1;
      waiting[follower] = left;
      if (left === 0) order[length++] = follower;
    }
  }
  if (length !== count) throw new Error('events of the region cite each other in a circle');
  return { ordered: Array.from(order, (index) => sorted[index] as N), links: placed(order, places, starts, cited) };
}

/** The links by places in the order. */
function placed(order: Int32Array, places: Int32Array, starts: Int32Array, cited: readonly number[]): CausalLinks {
  const placedStarts = new Int32Array(starts.length);
  const targets = new Int32Array(cited.length);
  let length = 0;
  for (let place = 0; place < order.length; place++) {
    const index = order[place] as number;
    for (let k = starts[index] as number; k < (starts[index + 1] as number); k++) targets[length++] = places[cited[k] as number] as number;
    placedStarts[place + 1] = length;
  }
  return { starts: placedStarts, targets };
}
