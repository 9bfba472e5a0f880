/** Why rules refuse an event: data. `rule` is the ID of a rule that the caller's rules define. */
export interface Fault {
  readonly rule: string;
  readonly detail: string;
}

/** One event of a region, with what its own past says about it. */
export interface Node<E> {
  readonly id: string;
  readonly event: E;
  /** IDs of the events that it follows; those outside the region are ignored. */
  readonly prev: readonly string[];
  /** The entry of the state that it sets; undefined if it is not a state event (then it only connects). */
  readonly key: string | undefined;
  /** The sender's rank in the state before the event. */
  readonly rank: number;
  /** Milliseconds since 1970, as its author says. */
  readonly originTs: number;
  /** Ancestors that are void in the state before the event. */
  readonly voidBefore: ReadonlySet<string>;
}

/** What the algorithm does not know: the meaning of events. All functions must be pure. */
export interface HierarchicalRules<E> {
  /** May this event stand in the state that `lookup` shows? Calls `onRead` with every key that it asks for. */
  authorize(event: E, lookup: (key: string) => E | undefined, onRead: (key: string) => void): Fault | null;
  /** Does this event change what others may do? */
  isPowerEvent(event: E): boolean;
  /** Events that are put in place together with a power event (RES-6): the stay that a grant of roles names. */
  companions(event: E): readonly E[];
  /** Does it beat concurrent events of its key whatever their weight (RES-3)? A ban among memberships. */
  outranksAnyWeight(event: E): boolean;
  keyOf(event: E): string;
  /**
   * Optional, for speed alone: what the rule can see of a value of `key` when it judges `event`, whose own past is `past`. `read`: the keys that
   * it read there. Undefined if that is not known. Says the same of two values only if `authorize` cannot tell them apart while it reads no key beyond `read`.
   */
  facet?(event: E, key: string, past: (key: string) => E | undefined, read: ReadonlySet<string>): Facet<E> | undefined;
}

/** One way of looking at values of a key. */
export interface Facet<E> {
  /** Facets of one key with the same name see the same. */
  readonly name: string;
  /** What is seen of a value, as text. */
  of(value: E): string;
}

/** RES-9. What happened since the cut: the last event that is before or after every other. What lies before it is final. */
export interface HierarchicalInput<E> {
  /** Every accepted event after the cut, in any order. */
  readonly region: readonly Node<E>[];
  /** The state at the cut. */
  readonly base: (key: string) => E | undefined;
}

/** Why a state event has no effect. */
export interface VoidReason {
  /** `a`: its own past does not authorise it (RES-5). `b`: a concurrent power event of higher rank does not let it (RES-6). */
  readonly clause: 'a' | 'b';
  /** The power event, for clause `b`. */
  readonly by: string | null;
  readonly fault: Fault;
}

export interface Resolution<E> {
  /** Entries whose value differs from the state at the cut. No entry ever vanishes. */
  readonly changes: ReadonlyMap<string, E>;
  /** State events of the region that have no effect. */
  readonly void: ReadonlySet<string>;
  readonly reasons: ReadonlyMap<string, VoidReason>;
}

/** How one event was judged. */
export interface EventTrace {
  readonly id: string;
  readonly key: string;
  readonly rank: number;
  readonly verdict: 'stands' | 'void';
  readonly reason: VoidReason | null;
}

/** What made a candidate the value of its key. `no-candidate`: all are void, the state at the cut holds. */
export type WinBy = 'no-candidate' | 'causally-last' | 'ban' | 'weight' | 'later-ts' | 'greater-id';

/** How the value of one key was found. */
export interface KeyTrace {
  readonly key: string;
  readonly candidates: readonly CandidateTrace[];
  /** Null: the state at the cut holds. */
  readonly winner: string | null;
  /** The first criterion in which the winner differs from the runner-up. */
  readonly wonBy: WinBy;
}

export interface CandidateTrace {
  readonly id: string;
  readonly rank: number;
  /** Null unless several were last. */
  readonly weight: number | null;
  readonly originTs: number;
  readonly standing: 'void' | 'superseded' | 'last';
}

/** Filled by `resolveHierarchical` if given: events in the order of judging, keys by their bytes. */
export interface ResolutionTrace {
  readonly events: EventTrace[];
  readonly keys: KeyTrace[];
}
