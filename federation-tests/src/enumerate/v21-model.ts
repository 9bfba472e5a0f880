import { AuthGraph, type AuthVertex, resolveV2, rulesByEvent, V2_1, type V2Rules } from '@openguild/state-resolution';
import { isPower, KIND_OF_CREATE, keyOf, type ModelEvent, View } from '../model/event.ts';
import type { Judged, State } from '../model/resolution.ts';
import { authorize } from '../model/rules.ts';
import { rankOfEvent } from '../model/standing.ts';
import type { Judging } from './merged.ts';

const NOTHING: ReadonlySet<string> = new Set();
/** What is the chain of power levels in Matrix. */
const MAINLINE = ['m.guild.authority', ''] as const;

/**
 * A guild by the native auth rules under the resolution of Matrix's version 12: states are maps that are merged; conflicts are replayed by rank, then
 * time, with no regard to what came before what. For contrast; nothing else uses it.
 */
export class V21Model implements Judging {
  readonly records = new Map<string, Judged>();
  #create: ModelEvent | undefined;

  fork(): V21Model {
    const copy = new V21Model();
    for (const [id, record] of this.records) copy.records.set(id, record);
    copy.#create = this.#create;
    return copy;
  }

  /** The rule that rejects it, or null. */
  receive(event: ModelEvent): string | null {
    const past = new Set<string>();
    for (const prev of event.prev) {
      past.add(prev);
      for (const id of this.records.get(prev)?.past ?? []) past.add(id);
    }
    const before = this.stateAt(event.prev);
    const view = this.viewOf(before);
    const fault = authorize(event, view, 'guild');
    const creates = event.type in KIND_OF_CREATE;
    if (creates) this.#create = event;
    const rank = fault === null ? rankOfEvent(view, event, creates) : 0;
    this.records.set(event.id, { event, past, guildPast: NOTHING, before, voidBefore: NOTHING, rank, fault });
    return fault;
  }

  /** Without effect is what has lost its entry to something before it. */
  at(_room: string, heads: readonly string[]): { readonly state: State; readonly void: ReadonlyMap<string, string> } {
    const state = this.stateAt(heads);
    const lost = new Map<string, string>();
    for (const id of heads.flatMap((head) => [head, ...((this.records.get(head) as Judged).past ?? [])])) {
      const one = this.records.get(id) as Judged;
      if (one.event.stateKey === undefined) continue;
      const holder = state.get(keyOf(one.event.type, one.event.stateKey));
      if (holder === undefined || one.past.has(holder)) lost.set(id, '');
    }
    return { state, void: lost };
  }

  viewOf(state: State): View {
    return new View((type, stateKey) => this.records.get(state.get(keyOf(type, stateKey)) ?? '')?.event, this.#create);
  }

  stateAt(heads: readonly string[]): State {
    return this.merge(heads.map((head) => this.#after(head)));
  }

  merge(states: readonly State[]): State {
    const [first, ...others] = states;
    if (first === undefined || others.length === 0) return first ?? new Map();
    const keys = new Set(states.flatMap((state) => [...state.keys()]));
    const same = new Map([...first].filter(([key, id]) => others.every((other) => other.get(key) === id)));
    const conflicted = states.map((state) => [...keys].filter((key) => !same.has(key)).flatMap((key) => state.get(key) ?? []));
    if (conflicted.every((ids) => ids.length === 0)) return same;
    const graph = new AuthGraph(MAINLINE);
    for (const { event, fault } of this.records.values()) if (fault === null) graph.add(event.id, (id) => this.#vertex(id));
    const numbers = (ids: Iterable<string>): Int32Array => Int32Array.from(ids, (id) => graph.numberOf(id));
    const shared = new Map(Array.from(numbers(same.values()), (number) => [graph.keys[number] as number, number]));
    const input = {
      graph,
      conflicted: conflicted.map(numbers),
      unconflicted: { at: (key: number) => shared.get(key) ?? -1, events: () => shared.values() },
    };
    const merged = new Map(same);
    for (const number of resolveV2(input, this.#rules(graph), V2_1)) {
      merged.set(keyOf(...graph.keyName(graph.keys[number] as number)), graph.idOf(number));
    }
    return merged;
  }

  #after(id: string): State {
    const { event, before } = this.records.get(id) as Judged;
    return event.stateKey === undefined ? before : new Map(before).set(keyOf(event.type, event.stateKey), id);
  }

  #vertex(id: string): AuthVertex {
    const { event } = this.records.get(id) as Judged;
    return { authEvents: event.auth, type: event.type, stateKey: event.stateKey ?? '', originTs: event.ts, isPower: isPower(event) };
  }

  #rules(graph: AuthGraph): V2Rules {
    return rulesByEvent(graph, (id) => (this.records.get(id) as Judged).event, {
      powerOf: (event) => (this.records.get(event.id) as Judged).rank,
      authorize: (event, lookup) => {
        const rule = event.type in KIND_OF_CREATE ? null : authorize(event, new View(lookup, this.#create), 'guild');
        return rule === null ? null : { rule, detail: '' };
      },
    });
  }
}
