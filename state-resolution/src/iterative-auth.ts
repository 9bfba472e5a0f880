import type { AuthGraph } from './auth-graph.ts';
import type { Ordered } from './power-order.ts';
import type { Fault } from './types.ts';
import type { StateSoFar, V2Input, V2KeyTrace, V2Rules, V2Standing, V2Step, V2Trace } from './v2-types.ts';

const UNKNOWN = -2;
const ABSENT = -1;
const CONTESTED = 1;
const TOUCHED = 2;

/**
 * The *iterative auth checks*: a state that events are put into, one after the other, as far as the rules allow each in the state
 * so far. Entries that the state lacks are taken from the event's own auth events.
 */
export class IterativeAuth {
  readonly #graph: AuthGraph;
  readonly #unconflicted: V2Input['unconflicted'];
  readonly #rules: V2Rules;
  readonly #startsEmpty: boolean;
  readonly #trace: V2Trace | undefined;
  /** Key -> graph number. */
  readonly #state: Int32Array;
  /** Key -> whether the states disagree on it (1), whether something was put there (2). */
  readonly #marks: Uint8Array;
  /** Keys that events were put into, in the order of the first. */
  readonly #touched: number[] = [];
  #current = 0;
  readonly #at: StateSoFar;

  constructor(input: V2Input, rules: V2Rules, startsEmpty: boolean, trace: V2Trace | undefined) {
    this.#graph = input.graph;
    this.#unconflicted = input.unconflicted;
    this.#rules = rules;
    this.#startsEmpty = startsEmpty;
    this.#trace = trace;
    this.#state = new Int32Array(this.#graph.keyCount).fill(UNKNOWN);
    this.#marks = new Uint8Array(this.#graph.keyCount);
    this.#at = (key) => {
      const number = this.#numberAt(key);
      return number < 0 ? this.#graph.authEvent(this.#current, key) : number;
    };
  }

  /** Notes that what these events set is not the same in all states. */
  contest(states: readonly Int32Array[]): void {
    const { keys } = this.#graph;
    for (const state of states) for (const number of state) this.#marks[keys[number] as number] = CONTESTED;
  }

  apply(ordered: Ordered, list: V2Step['list']): void {
    const { numbers, levels } = ordered;
    for (let at = 0; at < numbers.length; at++) {
      const number = numbers[at] as number;
      this.#current = number;
      const allowed = this.#rules.allows(number, this.#at);
      if (this.#trace !== undefined) this.#note(number, levels[at] as number, list, allowed);
      if (allowed) this.#put(number);
    }
  }

  /** The graph number of the event from which the mainline goes back, in the state so far, or -1. */
  mainline(): number {
    return this.#numberAt(this.#graph.mainlineKey);
  }

  /** The events that the state has beside the unconflicted entries, which outlast whatever was put in their place. */
  entries(): Int32Array {
    const won = this.#touched.filter((key) => this.#agreedAt(key) < 0);
    this.#traceKeys();
    return Int32Array.from(won, (key) => this.#state[key] as number);
  }

  #numberAt(key: number): number {
    // A key that is younger than the graph as it was given has no event in it.
    const known = this.#state[key] ?? ABSENT;
    if (known !== UNKNOWN) return known;
    return (this.#state[key] = this.#startsEmpty ? ABSENT : this.#agreedAt(key));
  }

  /** What all states agree on for an entry; not asked where it is known that they do not. */
  #agreedAt(key: number): number {
    if (((this.#marks[key] as number) & CONTESTED) !== 0) return ABSENT;
    return this.#unconflicted.at(key);
  }

  #put(number: number): void {
    const key = this.#graph.keys[number] as number;
    this.#state[key] = number;
    const marks = this.#marks[key] as number;
    if ((marks & TOUCHED) !== 0) return;
    this.#marks[key] = marks | TOUCHED;
    this.#touched.push(key);
  }

  #note(number: number, level: number, list: V2Step['list'], allowed: boolean): void {
    const graph = this.#graph;
    const { starts, targets, stamps } = graph;
    const [type, stateKey] = graph.keyName(graph.keys[number] as number);
    const read = new Set<number>();
    const fault: Fault | null = allowed ? null : this.#rules.faultOf(number, (key) => this.#noted(key, read));
    for (const own of targets.subarray(starts[number], starts[number + 1])) read.delete(own);
    const because = Array.from(read, (one) => graph.idOf(one));
    const step = { id: graph.idOf(number), type, stateKey, list, level: level === Infinity ? null : level };
    this.#trace?.steps.push({ ...step, originTs: stamps[number] as number, fault, because });
  }

  #noted(key: number, read: Set<number>): number {
    const number = this.#at(key);
    if (number >= 0) read.add(number);
    return number;
  }

  #traceKeys(): void {
    const trace = this.#trace;
    if (trace === undefined) return;
    const byKey = new Map<number, V2Step[]>();
    for (const step of trace.steps) {
      const key = this.#graph.keyFor(step.type, step.stateKey);
      const steps = byKey.get(key);
      if (steps === undefined) byKey.set(key, [step]);
      else steps.push(step);
    }
    for (const steps of byKey.values()) trace.keys.push(this.#keyTrace(steps as [V2Step, ...V2Step[]]));
  }

  #keyTrace(steps: readonly [V2Step, ...V2Step[]]): V2KeyTrace {
    const [{ type, stateKey }] = steps;
    const number = this.#agreedAt(this.#graph.keyFor(type, stateKey));
    const agreed = number < 0 ? undefined : this.#graph.idOf(number);
    const allowed = steps.filter((step) => step.fault === null);
    const winner = agreed ?? allowed.at(-1)?.id ?? null;
    const standing = ({ id, fault }: V2Step): V2Standing => {
      if (id === winner) return 'won';
      if (fault !== null) return 'refused';
      return agreed === undefined ? 'replaced' : 'overruled';
    };
    const wonBy = agreed !== undefined ? 'agreed' : allowed.length > 1 ? 'last' : allowed.length === 1 ? 'only' : 'none';
    return {
      type,
      stateKey,
      winner,
      wonBy,
      candidates: steps.map((step) => ({ id: step.id, standing: standing(step), fault: step.fault, because: step.because })),
    };
  }
}
