import { byCodePoints, entryOf, type Lookup, type MatrixEvent, type MatrixState } from './event.ts';
import { Levels } from './levels.ts';
import type { RuleContext } from './rule-context.ts';
import { authorize } from './rules.ts';

type EventOf = (id: string) => MatrixEvent;

/**
 * MX-14: state resolution v2 (versions 3 to 11) and v2.1 (12), as the specification's section "State resolution" tells it, step by step. `reached` hears
 * what decided something.
 */
export class Resolution {
  readonly #event: EventOf;
  readonly #context: RuleContext;
  readonly #isNew: boolean;

  constructor(event: EventOf, context: RuleContext) {
    this.#event = event;
    this.#context = context;
    this.#isNew = context.version >= 12;
  }

  resolve(states: readonly MatrixState[]): MatrixState {
    const [first, ...others] = states;
    if (first === undefined) return new Map();
    const unconflicted = new Map([...first].filter(([entry, id]) => others.every((state) => state.get(entry) === id)));
    const conflicted = new Set(states.flatMap((state) => [...state].flatMap(([entry, id]) => (unconflicted.has(entry) ? [] : [id]))));
    if (conflicted.size === 0) return unconflicted;
    const full = this.#fullConflictedSet(states, conflicted);
    // Step 1.
    const powers = this.#withCited(
      [...full].filter((id) => isPowerEvent(this.#event(id))),
      full,
    );
    // Step 2.
    const partial = this.#authChecks(this.#isNew ? new Map() : unconflicted, this.#byPower(powers));
    // Steps 3 and 4.
    const rest = this.#byMainline(
      [...full].filter((id) => !powers.has(id)),
      partial.get(entryOf('m.room.power_levels', '')),
    );
    const resolved = this.#authChecks(partial, rest);
    // Step 5.
    return new Map([...resolved, ...unconflicted]);
  }

  #fullConflictedSet(states: readonly MatrixState[], conflicted: ReadonlySet<string>): Set<string> {
    // MX-14.1
    const chains = states.map((state) => this.#chain([...state.values()]));
    const full = new Set(conflicted);
    for (const id of chains.flatMap((chain) => [...chain])) if (!chains.every((chain) => chain.has(id))) full.add(id);
    if (this.#isNew) for (const id of this.#subgraph(conflicted)) full.add(id);
    return full;
  }

  /** MX-14.8: what lies on a way along auth events from one conflicted event to another. */
  #subgraph(conflicted: ReadonlySet<string>): string[] {
    const leadsToOne = (id: string): boolean => [...this.#chain([id])].some((one) => conflicted.has(one));
    return [...this.#chain([...conflicted])].filter(leadsToOne);
  }

  /** These events, what they cite, and so on. */
  #chain(ids: readonly string[]): Set<string> {
    const chain = new Set<string>();
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (chain.has(id)) continue;
      chain.add(id);
      open.push(...this.#event(id).auth);
    }
    return chain;
  }

  /** MX-14.2: with what they cite within the set, link by link. */
  #withCited(ids: readonly string[], full: ReadonlySet<string>): Set<string> {
    const found = new Set<string>();
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      open.push(...this.#event(id).auth.filter((one) => full.has(one)));
    }
    return found;
  }

  /** Reverse topological power ordering (MX-14.3, MX-14.4). */
  #byPower(ids: ReadonlySet<string>): string[] {
    const levels = new Map([...ids].map((id) => [id, this.#senderLevel(this.#event(id))]));
    const left = new Set(ids);
    const sorted: string[] = [];
    while (left.size > 0) {
      const free = [...left].filter((id) => !this.#event(id).auth.some((one) => left.has(one)));
      const least = free.reduce((best, id) => (this.#before(id, best, levels) ? id : best));
      sorted.push(least);
      left.delete(least);
    }
    return sorted;
  }

  #before(a: string, b: string, levels: ReadonlyMap<string, number>): boolean {
    const [x, y] = [levels.get(a) as number, levels.get(b) as number];
    return x === y ? earlier(this.#event(a), this.#event(b)) < 0 : x > y;
  }

  #senderLevel(e: MatrixEvent): number {
    const lookup = this.#cited(e);
    const create = this.#isNew ? this.#context.createOf(e.room) : lookup('m.room.create', '');
    return new Levels(lookup, create, this.#context.version).ofUser(e.sender);
  }

  /** Mainline ordering (MX-14.6). */
  #byMainline(ids: readonly string[], levels: string | undefined): string[] {
    const mainline: string[] = [];
    for (let id = levels; id !== undefined; id = this.#citedLevels(id)) mainline.push(id);
    const position = (of: string): number => {
      for (let id = this.#citedLevels(of); id !== undefined; id = this.#citedLevels(id)) {
        const at = mainline.indexOf(id);
        if (at >= 0) return at;
      }
      return Infinity;
    };
    const positions = new Map(ids.map((id) => [id, position(id)]));
    return [...ids].sort((a, b) => {
      const [x, y] = [positions.get(a) as number, positions.get(b) as number];
      return x === y ? earlier(this.#event(a), this.#event(b)) : x > y ? -1 : 1;
    });
  }

  #citedLevels(id: string): string | undefined {
    return this.#cited(this.#event(id))('m.room.power_levels', '')?.id;
  }

  /** Iterative auth checks (MX-14.7). */
  #authChecks(from: MatrixState, ids: readonly string[]): MatrixState {
    const state = new Map(from);
    for (const id of ids) {
      const e = this.#event(id);
      if (e.stateKey === undefined) continue;
      const cited = this.#cited(e);
      const lookup: Lookup = (type, key) => {
        const there = state.get(entryOf(type, key));
        return there === undefined ? cited(type, key) : this.#event(there);
      };
      if (e.type === 'm.room.create' || authorize(e, lookup, this.#context) === null) state.set(entryOf(e.type, e.stateKey), id);
    }
    return state;
  }

  #cited(e: MatrixEvent): Lookup {
    const events = e.auth.map((id) => this.#event(id));
    return (type, key) => events.find((one) => one.type === type && one.stateKey === key);
  }
}

/** MX-14.5 */
function isPowerEvent({ type, stateKey, sender, content }: MatrixEvent): boolean {
  if (type === 'm.room.member')
    return stateKey !== undefined && stateKey !== sender && (content['membership'] === 'leave' || content['membership'] === 'ban');
  return stateKey === '' && (type === 'm.room.power_levels' || type === 'm.room.join_rules' || type === 'm.room.create');
}

function earlier(a: MatrixEvent, b: MatrixEvent): number {
  return a.ts - b.ts || byCodePoints(a.id, b.id);
}
