import type { Ordered } from './power-order.ts';
import type { Fault } from './types.ts';
import type { V2Events } from './v2-events.ts';
import type { V2Entry, V2Input, V2KeyTrace, V2Rules, V2Standing, V2Step, V2Trace } from './v2-types.ts';

const UNKNOWN = -2;
const ABSENT = -1;
const CONTESTED = 1;
const TOUCHED = 2;

/**
 * The *iterative auth checks*: a state that events are put into, one after the other, as far as the rules allow each in the state
 * so far. Entries that the state lacks are taken from the event's own auth events.
 */
export class IterativeAuth<E> {
  readonly #input: V2Input<E>;
  readonly #events: V2Events<E>;
  readonly #rules: V2Rules<E>;
  readonly #startsEmpty: boolean;
  readonly #trace: V2Trace | undefined;
  /** Key -> graph number. */
  readonly #state: Int32Array;
  /** Key -> whether the states disagree on it (1), whether something was put there (2). */
  readonly #marks: Uint8Array;
  /** Keys that events were put into, in the order of the first. */
  readonly #touched: number[] = [];
  #current = 0;
  readonly #lookup: (type: string, stateKey: string) => E | undefined;

  constructor(input: V2Input<E>, events: V2Events<E>, rules: V2Rules<E>, startsEmpty: boolean, trace: V2Trace | undefined) {
    this.#input = input;
    this.#events = events;
    this.#rules = rules;
    this.#startsEmpty = startsEmpty;
    this.#trace = trace;
    const { graph } = input;
    this.#state = new Int32Array(graph.keyCount).fill(UNKNOWN);
    this.#marks = new Uint8Array(graph.keyCount);
    this.#lookup = (type, stateKey) => {
      const key = graph.keyFor(type, stateKey);
      if (key < 0) return undefined;
      const number = this.#numberAt(key);
      const event = number < 0 ? undefined : events.at(number);
      return event === undefined || rules.isRejected(event) ? events.authEvent(this.#current, key) : event;
    };
  }

  /** Notes that what these events set is not the same in all states. */
  contest(states: readonly (readonly number[])[]): void {
    const { keys } = this.#input.graph;
    for (const state of states) for (const number of state) this.#marks[keys[number] as number] = CONTESTED;
  }

  apply(ordered: Ordered, list: V2Step['list']): void {
    const { numbers, levels } = ordered;
    for (let at = 0; at < numbers.length; at++) {
      const number = numbers[at] as number;
      this.#current = number;
      const fault = this.#rules.authorize(this.#events.at(number), this.#lookup);
      if (fault === null) this.#put(number);
      if (this.#trace !== undefined) this.#note(number, levels[at] as number, list, fault);
    }
  }

  /** The graph number of the event from which the mainline goes back, in the state so far. */
  mainline(): number | undefined {
    const number = this.#numberAt(this.#input.graph.mainlineKey);
    return number < 0 ? undefined : number;
  }

  /** What the state has beside the unconflicted entries, which outlast whatever was put in their place. */
  entries(): V2Entry[] {
    const { graph } = this.#input;
    const entries: V2Entry[] = [];
    for (const key of this.#touched) {
      if (this.#agreedAt(key) !== undefined) continue;
      const [type, stateKey] = graph.keyName(key);
      entries.push({ type, stateKey, id: graph.idOf(this.#state[key] as number) });
    }
    this.#traceKeys();
    return entries;
  }

  #numberAt(key: number): number {
    const known = this.#state[key] as number;
    if (known !== UNKNOWN) return known;
    const agreed = this.#startsEmpty ? undefined : this.#agreedAt(key);
    return (this.#state[key] = agreed === undefined ? ABSENT : this.#input.graph.numberOf(agreed));
  }

  /** What all states agree on for an entry; not asked where it is known that they do not. */
  #agreedAt(key: number): string | undefined {
    if (((this.#marks[key] as number) & CONTESTED) !== 0) return undefined;
    return this.#input.unconflicted.at(...this.#input.graph.keyName(key));
  }

  #put(number: number): void {
    const key = this.#input.graph.keys[number] as number;
    this.#state[key] = number;
    const marks = this.#marks[key] as number;
    if ((marks & TOUCHED) !== 0) return;
    this.#marks[key] = marks | TOUCHED;
    this.#touched.push(key);
  }

  #note(number: number, level: number, list: V2Step['list'], fault: Fault | null): void {
    const { graph } = this.#input;
    const [type, stateKey] = graph.keyName(graph.keys[number] as number);
    const originTs = this.#rules.originTs(this.#events.at(number));
    this.#trace?.steps.push({ id: graph.idOf(number), type, stateKey, list, level, originTs, fault });
  }

  #traceKeys(): void {
    const trace = this.#trace;
    if (trace === undefined) return;
    const byKey = new Map<number, V2Step[]>();
    for (const step of trace.steps) {
      const key = this.#input.graph.keyFor(step.type, step.stateKey);
      const steps = byKey.get(key);
      if (steps === undefined) byKey.set(key, [step]);
      else steps.push(step);
    }
    for (const steps of byKey.values()) trace.keys.push(this.#keyTrace(steps as [V2Step, ...V2Step[]]));
  }

  #keyTrace(steps: readonly [V2Step, ...V2Step[]]): V2KeyTrace {
    const [{ type, stateKey }] = steps;
    const agreed = this.#agreedAt(this.#input.graph.keyFor(type, stateKey));
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
      candidates: steps.map((step) => ({ id: step.id, standing: standing(step), fault: step.fault })),
    };
  }
}
