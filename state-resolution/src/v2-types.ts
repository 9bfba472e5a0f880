import type { AuthGraph } from './auth-graph.ts';
import type { Fault } from './types.ts';

/** What the algorithm does not know: the meaning of events. All functions must be pure. `E` must be a state event. */
export interface V2Rules<E> {
  /** Milliseconds since 1970, as its author says. */
  originTs(event: E): number;
  /** May it take away what somebody may do? */
  isPowerEvent(event: E): boolean;
  /** The level of its sender as its own auth events say (`auth(type, stateKey)` finds one of them). `Infinity` is a level. */
  powerOf(event: E, auth: (type: string, stateKey: string) => E | undefined): number;
  /** Null if the event may stand in the state that `lookup` shows. */
  authorize(event: E, lookup: (type: string, stateKey: string) => E | undefined): Fault | null;
  /** Rejected events authorise nothing. */
  isRejected(event: E): boolean;
}

/** Several states of one room. */
export interface V2Input<E> {
  /** Everything in the states, and all that authorised it. */
  readonly graph: AuthGraph;
  /** An event of the graph, by its ID and by its number there. Each is asked for at most once. */
  readonly event: (id: string, number: number) => E;
  /** For each state, in any order, the IDs in those of its entries that are not the same in every state. */
  readonly conflicted: readonly (readonly string[])[];
  /** The entries that are the same in every state. */
  readonly unconflicted: {
    at(type: string, stateKey: string): string | undefined;
    /** Every ID. Asked for once. */
    ids(): Iterable<string>;
  };
}

/** One entry of the resolved state. */
export interface V2Entry {
  readonly type: string;
  readonly stateKey: string;
  readonly id: string;
}

/** How one event of the full conflicted set fared. */
export interface V2Step {
  readonly id: string;
  readonly type: string;
  readonly stateKey: string;
  /** Which list it was in: ordered by power, or by mainline. */
  readonly list: 'power' | 'mainline';
  /** What placed it in its list: the level of its sender in its auth events, or its mainline position (`Infinity`: on none). */
  readonly level: number;
  readonly originTs: number;
  /** Null: it was put in place. */
  readonly fault: Fault | null;
}

/** What became of one event that wanted an entry. */
export type V2Standing =
  /** The last that was allowed. */
  | 'won'
  /** Allowed, then replaced by a later one of the list. */
  | 'replaced'
  | 'refused'
  /** Allowed, but all states agree on another value. */
  | 'overruled';

export interface V2KeyTrace {
  readonly type: string;
  readonly stateKey: string;
  /** Null: the entry is in no resolved state. */
  readonly winner: string | null;
  /** `agreed`: all states have this value. `only`, `last`: of those allowed. `none`: nothing was allowed. */
  readonly wonBy: 'agreed' | 'only' | 'last' | 'none';
  readonly candidates: readonly { readonly id: string; readonly standing: V2Standing; readonly fault: Fault | null }[];
}

/** Filled by `resolveV2` if given: steps in the order of judging, keys in the order in which they came up. */
export interface V2Trace {
  readonly steps: V2Step[];
  readonly keys: V2KeyTrace[];
  /** The mainline, newest first. */
  readonly mainline: string[];
}
