import type { AuthGraph } from './auth-graph.ts';
import type { Fault } from './types.ts';
import type { StateSoFar, V2Rules } from './v2-types.ts';

/** The same as `V2Rules` for who has events and not what is said of them by integers. `E` must be a state event. All functions must be pure. */
export interface V2EventRules<E> {
  /** The level of its sender as its own auth events say (`auth` finds one of them). `Infinity` is a level. */
  powerOf(event: E, auth: (type: string, stateKey: string) => E | undefined): number;
  /** Null if the event may stand in the state that `lookup` shows. */
  authorize(event: E, lookup: (type: string, stateKey: string) => E | undefined): Fault | null;
}

/** Rules that look at events, as the algorithm asks them. `event`: one of the graph, by its ID. */
export function rulesByEvent<E>(graph: AuthGraph, event: (id: string) => E, rules: V2EventRules<E>): V2Rules {
  const eventAt = (number: number): E => event(graph.idOf(number));
  const lookup = (at: StateSoFar) => (type: string, stateKey: string) => {
    const key = graph.keyFor(type, stateKey);
    const number = key < 0 ? -1 : at(key);
    return number < 0 ? undefined : eventAt(number);
  };
  return {
    powerOf: (number) =>
      rules.powerOf(
        eventAt(number),
        lookup((key) => graph.authEvent(number, key)),
      ),
    allows: (number, at) => rules.authorize(eventAt(number), lookup(at)) === null,
    faultOf(number, at) {
      const fault = rules.authorize(eventAt(number), lookup(at));
      if (fault === null) throw new Error(`${graph.idOf(number)} is allowed`);
      return fault;
    },
  };
}
