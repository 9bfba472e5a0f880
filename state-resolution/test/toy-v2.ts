import fc from 'fast-check';
import { AuthGraph, resolveV2, type V2Entry, type V2Input, type V2Rules, type V2Switches, type V2Trace } from '../src/index.ts';

/**
 * Events of a toy room. `type` `power` with an empty key is the mainline: it says which level others need (`demands`). An event is allowed where its
 * level reaches what the power event of the state demands.
 */
export interface ToyV2 {
  readonly id: string;
  readonly type: string;
  readonly stateKey: string;
  readonly auth: readonly string[];
  readonly ts: number;
  readonly level: number;
  readonly demands: number;
  /** Takes something away, as a ban does. */
  readonly power: boolean;
}

export const TOY_MAINLINE = ['power', ''] as const;

export const TOY_V2_RULES: V2Rules<ToyV2> = {
  originTs: (event) => event.ts,
  isPowerEvent: (event) => event.power || event.type === 'power',
  powerOf: (event, auth) => event.level + (auth('power', '')?.demands ?? 0) / 10,
  authorize: (event, lookup) => {
    const demands = lookup('power', '')?.demands ?? 0;
    return event.level >= demands ? null : { rule: 'TOY-2', detail: `${event.id} of ${event.level} where ${demands} is demanded` };
  },
  isRejected: () => false,
};

/** A state as `type/key` -> ID. */
export type ToyState = ReadonlyMap<string, string>;

export function keyOf(event: { type: string; stateKey: string }): string {
  return `${event.type}/${event.stateKey}`;
}

export function graphOf(events: readonly ToyV2[]): AuthGraph {
  const byId = new Map(events.map((event) => [event.id, event]));
  const graph = new AuthGraph(TOY_MAINLINE);
  for (const { id } of events) {
    graph.add(id, (missing) => {
      const { auth, type, stateKey } = byId.get(missing) as ToyV2;
      return { authEvents: auth, type, stateKey };
    });
  }
  return graph;
}

export function unconflictedOf(states: readonly ToyState[]): Map<string, string> {
  const [first, ...others] = states;
  return new Map([...(first ?? [])].filter(([key, id]) => others.every((state) => state.get(key) === id)));
}

export function toyInput(events: readonly ToyV2[], states: readonly ToyState[]): V2Input<ToyV2> {
  const byId = new Map(events.map((event) => [event.id, event]));
  const shared = unconflictedOf(states);
  return {
    graph: graphOf(events),
    event: (id) => byId.get(id) as ToyV2,
    conflicted: states.map((state) => [...state].filter(([key]) => !shared.has(key)).map(([, id]) => id)),
    unconflicted: { at: (type, stateKey) => shared.get(keyOf({ type, stateKey })), ids: () => shared.values() },
  };
}

/** The resolved state, sorted, as text. */
export function resolveToyV2(events: readonly ToyV2[], states: readonly ToyState[], switches: V2Switches, trace?: V2Trace): string[] {
  const entries: V2Entry[] = resolveV2(toyInput(events, states), TOY_V2_RULES, switches, trace);
  return text(new Map([...unconflictedOf(states), ...entries.map((entry): [string, string] => [keyOf(entry), entry.id])]));
}

export function text(state: ToyState): string[] {
  return Array.from(state, ([key, id]) => `${key}=${id}`).sort((a, b) => (a < b ? -1 : 1));
}

const KEYS = [
  ['power', ''],
  ['power', ''],
  ['power', ''],
  ['seat', 'a'],
  ['seat', 'b'],
  ['seat', 'c'],
  ['name', ''],
  ['topic', ''],
] as const;

/** Random rooms: events that cite earlier ones, and two to five states of them. The first event is what all rests on. */
export const arbitraryToyRoom: fc.Arbitrary<{ events: ToyV2[]; states: ToyState[] }> = fc
  .array(
    fc.record({
      key: fc.constantFrom(...KEYS),
      cites: fc.uniqueArray(fc.nat(), { maxLength: 3 }),
      ts: fc.nat(9),
      level: fc.nat(9),
      demands: fc.nat(6),
      power: fc.boolean(),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .chain((drafts) => {
    const events = drafts.map(({ key: [type, stateKey], cites, ...rest }, i): ToyV2 => {
      const auth = i === 0 ? [] : [...new Set(cites.map((n) => `$${n % i}`))];
      return { id: `$${i}`, type, stateKey, auth, ...rest };
    });
    const state = fc.uniqueArray(fc.nat(events.length - 1), { minLength: 1, maxLength: 8 }).map((picks): ToyState => {
      return new Map(picks.map((n) => [keyOf(events[n] as ToyV2), `$${n}`]));
    });
    return fc.record({ events: fc.constant(events), states: fc.array(state, { minLength: 2, maxLength: 5 }) });
  });
