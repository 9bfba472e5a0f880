import type { AuthGraph } from './auth-graph.ts';
import type { Fault } from './types.ts';

/** The state so far, for an event that is put in place: the graph number that a key has there, or -1. */
export type StateSoFar = (key: number) => number;

/**
 * What the algorithm does not know: the meaning of events. Events and keys are the integers of the `AuthGraph`, so rules may keep what they read of an event in
 * arrays beside it. All functions must be pure.
 */
export interface V2Rules {
  /** The level of its sender as its own auth events say. `Infinity` is a level. */
  powerOf(event: number): number;
  /** May the event stand in a state? */
  allows(event: number, at: StateSoFar): boolean;
  /** Why it may not. Asked, if a trace is kept, for what `allows` refuses. */
  faultOf(event: number, at: StateSoFar): Fault;
}

/** Several states of one room. Events and keys are the integers of the graph. */
export interface V2Input {
  /** Everything in the states, and all that authorised it. */
  readonly graph: AuthGraph;
  /** For each state, in any order, the events in those of its entries that are not the same in every state. */
  readonly conflicted: readonly Int32Array[];
  /** The entries that are the same in every state. */
  readonly unconflicted: {
    /** The event that has a key, or -1. */
    at(key: number): number;
    /** Every event. Asked for once. */
    events(): Iterable<number>;
  };
}

/** How one event of the full conflicted set fared. */
export interface V2Step {
  readonly id: string;
  readonly type: string;
  readonly stateKey: string;
  /** Which list it was in: ordered by power, or by mainline. */
  readonly list: 'power' | 'mainline';
  /**
   * What placed it in its list: the level of its sender in its auth events, or its mainline position. Null, as JSON would have it, for what is greater than any
   * number: the level of a privileged creator (MX-13.2), the position of what is on no mainline.
   */
  readonly level: number | null;
  readonly originTs: number;
  /** Null: it was put in place. */
  readonly fault: Fault | null;
  /** If it was refused: what the rules read there that is not among its own auth events, which allowed it. */
  readonly because: readonly string[];
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
  readonly candidates: readonly {
    readonly id: string;
    readonly standing: V2Standing;
    readonly fault: Fault | null;
    readonly because: readonly string[];
  }[];
}

/** Filled by `resolveV2` if given: steps in the order of judging, keys in the order in which they came up. */
export interface V2Trace {
  readonly steps: V2Step[];
  readonly keys: V2KeyTrace[];
  /** The mainline, newest first. */
  readonly mainline: string[];
}
