import type { Ordered } from './power-order.ts';
import type { Fault } from './types.ts';
import type { V2Events } from './v2-events.ts';
import type { V2Entry, V2Input, V2KeyTrace, V2Rules, V2Standing, V2Step, V2Trace } from './v2-types.ts';

const UNKNOWN = -2;
const ABSENT = -1;

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
  /** Key -> slot. */
  readonly #state: number[] = [];
  /** Keys that events were put into, in the order of the first. */
  readonly #touched: number[] = [];
  readonly #isPut: boolean[] = [];
  #current = 0;
  readonly #lookup: (type: string, stateKey: string) => E | undefined;

  constructor(input: V2Input<E>, events: V2Events<E>, rules: V2Rules<E>, startsEmpty: boolean, trace: V2Trace | undefined) {
    this.#input = input;
    this.#events = events;
    this.#rules = rules;
    this.#startsEmpty = startsEmpty;
    this.#trace = trace;
    this.#lookup = (type, stateKey) => {
      const slot = this.#slotAt(type, stateKey);
      const event = slot < 0 ? undefined : (events.events[slot] as E);
      return event === undefined || rules.isRejected(event) ? events.authEvent(this.#current, type, stateKey) : event;
    };
  }

  apply(ordered: Ordered, list: V2Step['list']): void {
    const { slots, levels } = ordered;
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] as number;
      this.#current = slot;
      const fault = this.#rules.authorize(this.#events.events[slot] as E, this.#lookup);
      if (fault === null) this.#put(slot);
      if (this.#trace !== undefined) this.#note(slot, levels[at] as number, list, fault);
    }
  }

  /** The graph number of the event that has an entry of the state so far. */
  numberAt(type: string, stateKey: string): number | undefined {
    const slot = this.#slotAt(type, stateKey);
    return slot < 0 ? undefined : this.#events.numbers[slot];
  }

  /** What the state has beside the unconflicted entries, which outlast whatever was put in their place. */
  entries(): V2Entry[] {
    const entries: V2Entry[] = [];
    for (const key of this.#touched) {
      const [type, stateKey] = this.#events.keyNames[key] as readonly [string, string];
      if (this.#agreedAt(key, type, stateKey) !== undefined) continue;
      entries.push({ type, stateKey, id: this.#idOf(this.#state[key] as number) });
    }
    this.#traceKeys();
    return entries;
  }

  #slotAt(type: string, stateKey: string): number {
    const key = this.#events.keyFor(type, stateKey);
    const known = key < 0 ? UNKNOWN : (this.#state[key] ?? UNKNOWN);
    if (known !== UNKNOWN) return known;
    const agreed = this.#startsEmpty ? undefined : this.#agreedAt(key, type, stateKey);
    if (agreed === undefined) {
      if (key >= 0) this.#set(key, ABSENT);
      return ABSENT;
    }
    const slot = this.#events.slotOf(this.#input.graph.numberOf(agreed));
    this.#set(this.#events.keyOf[slot] as number, slot);
    return slot;
  }

  /** What all states agree on for an entry; not asked where it is known that they do not. */
  #agreedAt(key: number, type: string, stateKey: string): string | undefined {
    return this.#events.isContested(key) ? undefined : this.#input.unconflicted.at(type, stateKey);
  }

  #put(slot: number): void {
    const key = this.#events.keyOf[slot] as number;
    this.#set(key, slot);
    if (this.#isPut[key] !== true) {
      this.#isPut[key] = true;
      this.#touched.push(key);
    }
  }

  #set(key: number, slot: number): void {
    while (this.#state.length <= key) this.#state.push(UNKNOWN);
    this.#state[key] = slot;
  }

  #idOf(slot: number): string {
    return this.#input.graph.idOf(this.#events.numbers[slot] as number);
  }

  #note(slot: number, level: number, list: V2Step['list'], fault: Fault | null): void {
    const [type, stateKey] = this.#events.keyNames[this.#events.keyOf[slot] as number] as readonly [string, string];
    const originTs = this.#rules.originTs(this.#events.events[slot] as E);
    this.#trace?.steps.push({ id: this.#idOf(slot), type, stateKey, list, level, originTs, fault });
  }

  #traceKeys(): void {
    const trace = this.#trace;
    if (trace === undefined) return;
    const byKey = new Map<number, V2Step[]>();
    for (const step of trace.steps) {
      const key = this.#events.keyFor(step.type, step.stateKey);
      const steps = byKey.get(key);
      if (steps === undefined) byKey.set(key, [step]);
      else steps.push(step);
    }
    for (const steps of byKey.values()) trace.keys.push(this.#keyTrace(steps as [V2Step, ...V2Step[]]));
  }

  #keyTrace(steps: readonly [V2Step, ...V2Step[]]): V2KeyTrace {
    const [{ type, stateKey }] = steps;
    const agreed = this.#input.unconflicted.at(type, stateKey);
    const allowed = steps.filter((step) => step.fault === null);
    const winner = agreed ?? allowed.at(-1)?.id ?? null;
    const standing = ({ id, fault }: V2Step): V2Standing => {
      if (id === winner) return 'won';
      if (fault !== null) return 'refused';
      return agreed === undefined ? 'replaced' : 'overruled';
    };
    const wonBy = agreed !== undefined ? 'agreed' : allowed.length > 1 ? 'last' : allowed.length === 1 ? 'only' : 'none';
    return { type, stateKey, winner, wonBy, candidates: steps.map((step) => ({ id: step.id, standing: standing(step), fault: step.fault })) };
  }
}
