import type { AuthGraph } from './auth-graph.ts';

/** States that are compared in one pass: one bit each. */
const STATES_PER_PASS = 31;

/**
 * The *auth difference*: events that are in the full auth chains of some of the states and not of all, ascending.
 *
 * `states`: for each state the numbers of its entries that are not the same in every state. `shared`: those that are. The full auth chain of a
 * state holds the state's own events (MX-14.1): both reference implementations have it so, though the text defines an event's chain without the event.
 *
 * One pass from high numbers to low carries along in whose chains each event is; it ends where everything left is in all of them or in none.
 */
export function authDifference(graph: AuthGraph, states: readonly Int32Array[], shared: Int32Array): number[] {
  const [pivot, ...others] = states;
  if (pivot === undefined || others.length === 0) return [];
  if (states.length <= STATES_PER_PASS) return differenceOf(graph, states, shared);
  // An event is in all chains or in none exactly if every other state agrees with the first, so passes that share the first suffice.
  const found = new Set<number>();
  for (let from = 0; from < others.length; from += STATES_PER_PASS - 1) {
    const some = [pivot, ...others.slice(from, from + STATES_PER_PASS - 1)];
    for (const number of differenceOf(graph, some, shared)) found.add(number);
  }
  return [...found].sort((a, b) => a - b);
}

function differenceOf(graph: AuthGraph, states: readonly Int32Array[], shared: Int32Array): number[] {
  const all = (1 << states.length) - 1;
  const { starts, targets } = graph;
  const masks = new Int32Array(graph.size);
  let top = 0;
  for (const number of shared) {
    masks[number] = all;
    if (number > top) top = number;
  }
  /** Events that are in some chains, as far as is known, and not in all. */
  let partial = 0;
  const mark = (number: number, added: number): void => {
    const before = masks[number] as number;
    const after = before | added;
    if (after === before) return;
    masks[number] = after;
    if (before === 0) partial += after === all ? 0 : 1;
    else if (after === all) partial--;
  };
  for (const [i, numbers] of states.entries()) {
    for (const number of numbers) {
      mark(number, 1 << i);
      if (number > top) top = number;
    }
  }
  const difference: number[] = [];
  for (let number = top; partial > 0; number--) {
    const mask = masks[number] as number;
    if (mask === 0) continue;
    if (mask !== all) {
      difference.push(number);
      partial--;
    }
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      mark(targets[i] as number, mask);
    }
  }
  return difference.reverse();
}

const BELOW = 1;
const ENDPOINT = 2;
const REACHES = 4;

/**
 * The *conflicted state subgraph* (v2.1), ascending: all events on the ways along auth links from one event of the conflicted state set to another, both ends included.
 *
 * Down: what is below an end. Up: what has an end below it.
 */
export function conflictedSubgraph(graph: AuthGraph, conflicted: Int32Array): number[] {
  const { starts, targets } = graph;
  const marks = new Uint8Array(graph.size);
  let top = -1;
  let bottom = graph.size;
  for (const number of conflicted) {
    marks[number] = ENDPOINT;
    if (number > top) top = number;
    if (number < bottom) bottom = number;
  }
  const seen: number[] = [];
  for (let number = top; number >= bottom; number--) {
    if (marks[number] === 0) continue;
    seen.push(number);
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      const target = targets[i] as number;
      if (target >= bottom) marks[target] = (marks[target] as number) | BELOW;
    }
  }
  const subgraph: number[] = [];
  for (const number of seen.reverse()) {
    let reaches = ((marks[number] as number) & ENDPOINT) !== 0;
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; !reaches && i < end; i++) reaches = ((marks[targets[i] as number] as number) & REACHES) !== 0;
    if (!reaches) continue;
    marks[number] = (marks[number] as number) | REACHES;
    subgraph.push(number);
  }
  return subgraph;
}

/** Which of the two algorithms: v2.1 differs from v2 in these two respects and in no other. */
export interface V2Switches {
  /** v2.1: the iterative auth checks begin with no state at all, not with what the states have in common. */
  readonly startsEmpty: boolean;
  /** v2.1: the conflicted state subgraph is conflicted as well. */
  readonly conflictedSubgraph: boolean;
}

/** The *full conflicted set*, ascending. */
export function fullConflictedSet(graph: AuthGraph, states: readonly Int32Array[], shared: Int32Array, switches: V2Switches): Int32Array {
  const marks = new Uint8Array(graph.size);
  for (const state of states) for (const number of state) marks[number] = 1;
  const conflicted = marked(marks);
  for (const number of authDifference(graph, states, shared)) marks[number] = 1;
  if (switches.conflictedSubgraph) for (const number of conflictedSubgraph(graph, conflicted)) marks[number] = 1;
  return marked(marks);
}

/** The numbers that are marked, ascending. */
function marked(marks: Uint8Array): Int32Array {
  let count = 0;
  for (let number = 0; number < marks.length; number++) count += marks[number] as number;
  const numbers = new Int32Array(count);
  for (let number = marks.length - 1; count > 0; number--) if (marks[number] === 1) numbers[--count] = number;
  return numbers;
}
