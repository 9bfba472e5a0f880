import type { AuthGraph } from './auth-graph.ts';
import { compareUtf8 } from './byte-order.ts';

/** Fewer are sorted by comparing: counting has to go through its counters, however few there are to sort. */
const WORTH_COUNTING = 256;
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const WORD = 2 ** 32;

/**
 * The order of events by time stamp, then ID by UTF-8 bytes: indices into `numbers`, which are graph numbers.
 *
 * Many are sorted digit by digit, without comparing, so the time for each does not grow with their number. IDs are looked at only where stamps are equal.
 */
export function timeOrder(numbers: Int32Array, graph: AuthGraph): Int32Array {
  const count = numbers.length;
  const stamps = new Float64Array(count);
  const all = graph.stamps;
  let least = Infinity;
  let greatest = -Infinity;
  for (let i = 0; i < count; i++) {
    const stamp = all[numbers[i] as number] as number;
    stamps[i] = stamp;
    if (stamp < least) least = stamp;
    if (stamp > greatest) greatest = stamp;
  }
  const byId = (a: number, b: number): number => compareUtf8(graph.idOf(numbers[a] as number), graph.idOf(numbers[b] as number));
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  if (count < WORTH_COUNTING || greatest - least > Number.MAX_SAFE_INTEGER) {
    return order.sort((a, b) => (stamps[a] as number) - (stamps[b] as number) || byId(a, b));
  }
  const sorted = digitOrder(order, stamps, least, greatest - least);
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && stamps[sorted[to] as number] === stamps[sorted[from] as number]) to++;
    if (to - from > 1) sorted.subarray(from, to).sort(byId);
    from = to;
  }
  return sorted;
}

/** Sorts by the stamps above `least`, the lowest digit first; each pass keeps the order of equals. */
function digitOrder(indices: Int32Array<ArrayBuffer>, stamps: Float64Array, least: number, range: number): Int32Array {
  const count = indices.length;
  let from = indices;
  let to = new Int32Array(count);
  const words = new Uint32Array(count);
  for (let half = 0; half < 2; half++) {
    const greatest = half === 0 ? Math.min(range, WORD - 1) : Math.floor(range / WORD);
    if (greatest === 0) continue;
    for (let i = 0; i < count; i++) {
      const above = (stamps[i] as number) - least;
      words[i] = half === 0 ? above : Math.floor(above / WORD);
    }
    for (let shift = 0; shift < 32 && greatest / 2 ** shift >= 1; shift += DIGIT_BITS) {
      pass(from, to, words, shift);
      [from, to] = [to, from];
    }
  }
  return from;
}

function pass(from: Int32Array, to: Int32Array, words: Uint32Array, shift: number): void {
  const places = new Int32Array(DIGITS);
  for (let i = 0; i < words.length; i++) {
    const digit = ((words[i] as number) >>> shift) & (DIGITS - 1);
    places[digit] = (places[digit] as number) + 1;
  }
  let place = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const here = places[digit] as number;
    places[digit] = place;
    place += here;
  }
  for (let i = 0; i < from.length; i++) {
    const index = from[i] as number;
    const digit = ((words[index] as number) >>> shift) & (DIGITS - 1);
    const at = places[digit] as number;
    to[at] = index;
    places[digit] = at + 1;
  }
}
