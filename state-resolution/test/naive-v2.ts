import type { V2Switches } from '../src/index.ts';
import { keyOf, TOY_V2_RULES, type ToyState, type ToyV2, text, unconflictedOf } from './toy-v2.ts';

/**
 * The specification's algorithm word for word, with sets and no thought for time: what the fast one is compared with.
 *
 * Two choices as everywhere here: a full auth chain holds the state's own events, and power events are enlarged along links within the full conflicted set.
 */
export class NaiveV2 {
  readonly #events: ReadonlyMap<string, ToyV2>;

  constructor(events: readonly ToyV2[]) {
    this.#events = new Map(events.map((event) => [event.id, event]));
  }

  chain(id: string): Set<string> {
    return new Set([id, ...this.#get(id).auth.flatMap((auth) => [...this.chain(auth)])]);
  }

  authDifference(states: readonly ToyState[]): Set<string> {
    const chains = states.map((state) => new Set([...state.values()].flatMap((id) => [...this.chain(id)])));
    return new Set(chains.flatMap((chain) => [...chain]).filter((id) => !chains.every((chain) => chain.has(id))));
  }

  conflicted(states: readonly ToyState[]): Set<string> {
    const shared = unconflictedOf(states);
    return new Set(states.flatMap((state) => [...state].filter(([key]) => !shared.has(key)).map(([, id]) => id)));
  }

  subgraph(conflicted: ReadonlySet<string>): Set<string> {
    const all = [...this.#events.keys()];
    const above = all.filter((id) => [...conflicted].some((end) => this.chain(end).has(id)));
    return new Set(above.filter((id) => [...this.chain(id)].some((below) => conflicted.has(below))));
  }

  full(states: readonly ToyState[], switches: V2Switches): Set<string> {
    const conflicted = this.conflicted(states);
    return new Set([...conflicted, ...this.authDifference(states), ...(switches.conflictedSubgraph ? this.subgraph(conflicted) : [])]);
  }

  /** At each step the least of those that wait for nothing. */
  powerOrder(set: ReadonlySet<string>): string[] {
    const order: string[] = [];
    const left = new Set(set);
    while (left.size > 0) {
      const ready = [...left].filter((id) => !this.#get(id).auth.some((auth) => left.has(auth)));
      ready.sort((a, b) => this.#power(b) - this.#power(a) || this.#get(a).ts - this.#get(b).ts || (a < b ? -1 : 1));
      order.push(ready[0] as string);
      left.delete(ready[0] as string);
    }
    return order;
  }

  mainlineOrder(set: ReadonlySet<string>, newest: string | undefined): string[] {
    const mainline: string[] = [];
    for (let id = newest; id !== undefined; id = this.#parent(id)) mainline.push(id);
    const position = (id: string): number => {
      for (let at = this.#parent(id); at !== undefined; at = this.#parent(at)) if (mainline.includes(at)) return mainline.indexOf(at);
      return Number.MAX_SAFE_INTEGER;
    };
    return [...set].sort((a, b) => position(b) - position(a) || this.#get(a).ts - this.#get(b).ts || (a < b ? -1 : 1));
  }

  resolve(states: readonly ToyState[], switches: V2Switches): string[] {
    const full = this.full(states, switches);
    const shared = unconflictedOf(states);
    const power = new Set<string>();
    const enlarge = (id: string): void => {
      power.add(id);
      for (const auth of this.#get(id).auth) if (full.has(auth)) enlarge(auth);
    };
    for (const id of full) if (TOY_V2_RULES.isPowerEvent(this.#get(id))) enlarge(id);
    const state = new Map(switches.startsEmpty ? [] : shared);
    this.#apply(this.powerOrder(power), state);
    const rest = new Set([...full].filter((id) => !power.has(id)));
    this.#apply(this.mainlineOrder(rest, state.get('power/')), state);
    return text(new Map([...state, ...shared]));
  }

  #apply(order: readonly string[], state: Map<string, string>): void {
    for (const id of order) {
      const event = this.#get(id);
      const power = state.get('power/') ?? this.#parent(id);
      if (TOY_V2_RULES.authorize(event, power === undefined ? undefined : this.#get(power)) === null) state.set(keyOf(event), id);
    }
  }

  #power(id: string): number {
    const own = this.#parent(id);
    return TOY_V2_RULES.powerOf(this.#get(id), own === undefined ? undefined : this.#get(own));
  }

  #parent(id: string): string | undefined {
    return this.#get(id).auth.find((auth) => keyOf(this.#get(auth)) === 'power/');
  }

  #get(id: string): ToyV2 {
    return this.#events.get(id) as ToyV2;
  }
}
