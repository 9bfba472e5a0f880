import { fullConflictedSet, type V2Switches } from './conflicted-set.ts';
import { mainlineOf, mainlineOrder } from './mainline-order.ts';
import { type Ordered, powerOrder } from './power-order.ts';
import { IterativeAuth } from './iterative-auth.ts';
import { V2Events } from './v2-events.ts';
import type { V2Entry, V2Input, V2Rules, V2Trace } from './v2-types.ts';

/** State resolution of Matrix room versions 2 to 11. */
export const V2: V2Switches = Object.freeze({ startsEmpty: false, conflictedSubgraph: false });
/** State resolution of Matrix room version 12. */
export const V2_1: V2Switches = Object.freeze({ startsEmpty: true, conflictedSubgraph: true });

/**
 * The state that several states of a Matrix room make: the entries beside the unconflicted ones, in no particular order. An entry that the states disagree on and that is not
 * among them is in no resolved state.
 *
 * Depends on the set of states alone. Time: one pass over the part of the auth graph that lies between the conflicted events and what they have in
 * common, one sort, and one authorisation for each event of the full conflicted set. Throws if an event is not in the graph.
 */
export function resolveV2<E>(input: V2Input<E>, rules: V2Rules<E>, switches: V2Switches, trace?: V2Trace): V2Entry[] {
  const { graph } = input;
  const states = input.conflicted.map((ids) => ids.map((id) => graph.numberOf(id)));
  const shared = Array.from(input.unconflicted.ids(), (id) => graph.numberOf(id));
  const full = fullConflictedSet(graph, states, shared, switches);
  const events = new V2Events(input, rules);
  const { power, rest } = divide(full, input, events, rules);
  const auth = new IterativeAuth(input, events, rules, switches.startsEmpty, trace);
  auth.contest(states);
  auth.apply(powerOrder(power, graph, events, rules), 'power');
  const mainline = mainlineOf(graph, auth.mainline());
  if (trace !== undefined) for (const number of mainline) trace.mainline.push(graph.idOf(number));
  const ordered: Ordered = mainlineOrder(rest, mainline, graph, events, rules);
  auth.apply(ordered, 'mainline');
  return auth.entries();
}

/** Power events of the full conflicted set with what authorised them within it, and the rest; both ascending. */
function divide<E>(full: Int32Array, input: V2Input<E>, events: V2Events<E>, rules: V2Rules<E>): { power: number[]; rest: number[] } {
  const { starts, targets, size } = input.graph;
  const IN_SET = 1;
  const POWER = 2;
  const marks = new Uint8Array(size);
  for (const number of full) marks[number] = IN_SET;
  const power: number[] = [];
  const rest: number[] = [];
  // From high to low, so that an event is marked by all that cite it before its own turn.
  for (let at = full.length - 1; at >= 0; at--) {
    const number = full[at] as number;
    if (marks[number] !== POWER && !rules.isPowerEvent(events.at(number))) {
      rest.push(number);
      continue;
    }
    power.push(number);
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      const target = targets[i] as number;
      if (marks[target] === IN_SET) marks[target] = POWER;
    }
  }
  return { power: power.reverse(), rest: rest.reverse() };
}
