import type { AuthGraph } from './auth-graph.ts';
import { fullConflictedSet, type V2Switches } from './conflicted-set.ts';
import { IterativeAuth } from './iterative-auth.ts';
import { mainlineOf, mainlineOrder } from './mainline-order.ts';
import { powerOrder } from './power-order.ts';
import type { V2Input, V2Rules, V2Trace } from './v2-types.ts';

/** State resolution of Matrix room versions 2 to 11. */
export const V2: V2Switches = Object.freeze({ startsEmpty: false, conflictedSubgraph: false });
/** State resolution of Matrix room version 12. */
export const V2_1: V2Switches = Object.freeze({ startsEmpty: true, conflictedSubgraph: true });

/**
 * The state that several states of a Matrix room make: the events in its entries beside the unconflicted ones, as graph numbers, in no particular order. An entry that the states
 * disagree on and that is not among them is in no resolved state; entries that no state holds may be among them (MX-14.9).
 *
 * Depends on the set of states alone. Time: passes over arrays for the part of the auth graph that lies between the conflicted events and what they have in
 * common, and one authorisation for each event of the full conflicted set.
 */
export function resolveV2(input: V2Input, rules: V2Rules, switches: V2Switches, trace?: V2Trace): Int32Array {
  const { graph, conflicted } = input;
  const full = fullConflictedSet(graph, conflicted, Int32Array.from(input.unconflicted.events()), switches);
  const { power, rest } = divide(full, graph);
  const auth = new IterativeAuth(input, rules, switches.startsEmpty, trace);
  auth.contest(conflicted);
  auth.apply(powerOrder(power, graph, rules), 'power');
  const mainline = mainlineOf(graph, auth.mainline());
  if (trace !== undefined) for (const number of mainline) trace.mainline.push(graph.idOf(number));
  auth.apply(mainlineOrder(rest, mainline, graph), 'mainline');
  return auth.entries();
}

/** MX-14.2. Power events of the full conflicted set with what authorised them within it, and the rest; both ascending. */
function divide(full: Int32Array, graph: AuthGraph): { power: Int32Array; rest: Int32Array } {
  const { starts, targets, powers } = graph;
  const IN_SET = 1;
  const POWER = 2;
  const marks = new Uint8Array(graph.size);
  for (const number of full) marks[number] = IN_SET;
  let count = 0;
  // From high to low, so that an event is marked by all that cite it before its own turn.
  for (let at = full.length - 1; at >= 0; at--) {
    const number = full[at] as number;
    if (marks[number] !== POWER && powers[number] === 0) continue;
    marks[number] = POWER;
    count++;
    const end = starts[number + 1] as number;
    for (let i = starts[number] as number; i < end; i++) {
      const target = targets[i] as number;
      if (marks[target] === IN_SET) marks[target] = POWER;
    }
  }
  const power = new Int32Array(count);
  const rest = new Int32Array(full.length - count);
  let powerAt = 0;
  let restAt = 0;
  for (const number of full) {
    if (marks[number] === POWER) power[powerAt++] = number;
    else rest[restAt++] = number;
  }
  return { power, rest };
}
