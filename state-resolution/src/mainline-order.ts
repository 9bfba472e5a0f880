import type { AuthGraph } from './auth-graph.ts';
import type { Ordered } from './power-order.ts';
import { timeOrder } from './time-order.ts';

const UNKNOWN = 0;
const NOWHERE = -1;

/** The *mainline* of an event, newest first: itself, the mainline event that authorised it, and so on. Graph numbers. */
export function mainlineOf(graph: AuthGraph, newest: number): number[] {
  const mainline: number[] = [];
  for (let number = newest; number >= 0; number = graph.parents[number] as number) mainline.push(number);
  return mainline;
}

/**
 * The *mainline ordering*: the greater mainline position first (what rests on older power levels, or on none), then the earlier time stamp (MX-14.4),
 * then the smaller ID.
 */
export function mainlineOrder(numbers: Int32Array, mainline: readonly number[], graph: AuthGraph): Ordered {
  const { parents } = graph;
  const positions = new Int32Array(graph.size);
  for (let i = 0; i < mainline.length; i++) positions[mainline[i] as number] = i + 1;
  const count = numbers.length;
  /** The place of an event's position among all: 0 for what is on no mainline. */
  const places = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const position = positionOf(parents, positions, parents[numbers[i] as number] as number);
    places[i] = position === NOWHERE ? 0 : mainline.length - position + 1;
  }
  const next = startsOf(places, mainline.length + 1);
  const ordered = { numbers: new Int32Array(count), levels: new Float64Array(count) };
  // Placing them in the order of time sorts those of one place by time.
  for (const index of timeOrder(numbers, graph)) {
    const place = places[index] as number;
    const at = next[place] as number;
    next[place] = at + 1;
    ordered.numbers[at] = numbers[index] as number;
    ordered.levels[at] = place === 0 ? Infinity : mainline.length - place;
  }
  return ordered;
}

/** For each place where the events of it begin, the least place first. */
function startsOf(places: Int32Array, size: number): Int32Array {
  const starts = new Int32Array(size + 1);
  for (const place of places) starts[place + 1] = (starts[place + 1] as number) + 1;
  for (let i = 1; i <= size; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
  return starts;
}

/**
 * One more than the *mainline position* of what rests on the mainline event `from` (-1: on none): that is the index of the first on its chain that is in the
 * mainline; `NOWHERE` if none is. `positions` remembers it for every event of a chain once walked, so all chains together are walked once.
 */
function positionOf(parents: Int32Array, positions: Int32Array, from: number): number {
  let number = from;
  while (number >= 0 && positions[number] === UNKNOWN) number = parents[number] as number;
  const found = number < 0 ? NOWHERE : (positions[number] as number);
  for (let walked = from; walked >= 0 && walked !== number; walked = parents[walked] as number) positions[walked] = found;
  return found;
}
