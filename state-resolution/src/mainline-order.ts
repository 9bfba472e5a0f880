import type { AuthGraph } from './auth-graph.ts';
import { compareUtf8 } from './byte-order.ts';
import type { Ordered } from './power-order.ts';
import type { V2Events } from './v2-events.ts';
import type { V2Rules } from './v2-types.ts';

const UNKNOWN = 0;

/** The *mainline* of an event, newest first: itself, the mainline event that authorised it, and so on. Graph numbers. */
export function mainlineOf(graph: AuthGraph, newest: number | undefined): number[] {
  const mainline: number[] = [];
  for (let number = newest ?? -1; number >= 0; number = graph.parents[number] as number) mainline.push(number);
  return mainline;
}

/**
 * The *mainline ordering*: the greater mainline position first (what rests on older power levels, or on none), then the earlier time stamp,
 * then the smaller ID.
 */
export function mainlineOrder<E>(
  numbers: readonly number[],
  mainline: readonly number[],
  graph: AuthGraph,
  events: V2Events<E>,
  rules: V2Rules<E>,
): Ordered {
  const positions = new Float64Array(graph.size);
  for (const [i, number] of mainline.entries()) positions[number] = i + 1;
  const count = numbers.length;
  const levels = Float64Array.from(numbers, (number) => positionOf(graph, positions, graph.parents[number] as number));
  const stamps = Float64Array.from(numbers, (number) => rules.originTs(events.at(number)));
  const order = byLevel(levels);
  const compare = (a: number, b: number): number =>
    (stamps[a] as number) - (stamps[b] as number) || compareUtf8(graph.idOf(numbers[a] as number), graph.idOf(numbers[b] as number));
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && levels[order[to] as number] === levels[order[from] as number]) to++;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
  }
  return { numbers: order.map((i) => numbers[i] as number), levels: Float64Array.from(order, (i) => levels[i] as number) };
}

/** Indices of levels, the greatest first: a counting sort, for positions are small integers and infinity. */
function byLevel(levels: Float64Array): Int32Array {
  let greatest = 0;
  for (const level of levels) if (level !== Infinity && level > greatest) greatest = level;
  const placeOf = (level: number): number => (level === Infinity ? 0 : greatest - level + 1);
  const starts = new Int32Array(greatest + 3);
  for (const level of levels) {
    const place = placeOf(level) + 1;
    starts[place] = (starts[place] as number) + 1;
  }
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
  const order = new Int32Array(levels.length);
  for (const [i, level] of levels.entries()) {
    const place = placeOf(level);
    const at = starts[place] as number;
    order[at] = i;
    starts[place] = at + 1;
  }
  return order;
}

/**
 * The *mainline position* of what rests on the mainline event `from` (-1: on none): the index of the first on its chain that is in the mainline; infinite if none
 * is. `positions` remembers one more than that for every event of a chain once walked, so all chains together are walked once.
 */
function positionOf(graph: AuthGraph, positions: Float64Array, from: number): number {
  let number = from;
  while (number >= 0 && positions[number] === UNKNOWN) number = graph.parents[number] as number;
  const found = number < 0 ? Infinity : (positions[number] as number);
  for (let walked = from; walked >= 0 && walked !== number; walked = graph.parents[walked] as number) positions[walked] = found;
  return found - 1;
}
