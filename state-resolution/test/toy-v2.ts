import fc from 'fast-check';
import {
  AuthGraph,
  type AuthVertex,
  resolveV2,
  rulesByEvent,
  type V2Input,
  type V2Rules,
  type V2Switches,
  type V2Trace,
} from '../src/index.ts';

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

/** What the rules of the toy room say of one event; `auth` and `lookup` find the power event among its auth events, and in the state. */
export const TOY_V2_RULES = {
  isPowerEvent: (event: ToyV2) => event.power || event.type === 'power',
  powerOf: (event: ToyV2, auth: ToyV2 | undefined) => event.level + (auth?.demands ?? 0) / 10,
  authorize: (event: ToyV2, power: ToyV2 | undefined) => {
    const demands = power?.demands ?? 0;
    return event.level >= demands ? null : { rule: 'TOY-2', detail: `${event.id} of ${event.level} where ${demands} is demanded` };
  },
};

/** The same for the events of a graph. */
export function toyRules(events: readonly ToyV2[], graph: AuthGraph): V2Rules {
  const byId = new Map(events.map((event) => [event.id, event]));
  return rulesByEvent(graph, (id) => byId.get(id) as ToyV2, {
    powerOf: (event, auth) => TOY_V2_RULES.powerOf(event, auth('power', '')),
    authorize: (event, lookup) => TOY_V2_RULES.authorize(event, lookup('power', '')),
  });
}

/** A state as `type/key` -> ID. */
export type ToyState = ReadonlyMap<string, string>;

export function keyOf(event: { type: string; stateKey: string }): string {
  return `${event.type}/${event.stateKey}`;
}

export function graphOf(events: readonly ToyV2[]): AuthGraph {
  const byId = new Map(events.map((event) => [event.id, event]));
  const graph = new AuthGraph(TOY_MAINLINE);
  for (const { id } of events) {
    graph.add(id, (missing) => vertexOf(byId.get(missing) as ToyV2));
  }
  return graph;
}

function vertexOf(event: ToyV2): AuthVertex {
  const { auth, type, stateKey, ts } = event;
  return { authEvents: auth, type, stateKey, originTs: ts, isPower: TOY_V2_RULES.isPowerEvent(event) };
}

export function unconflictedOf(states: readonly ToyState[]): Map<string, string> {
  const [first, ...others] = states;
  return new Map([...(first ?? [])].filter(([key, id]) => others.every((state) => state.get(key) === id)));
}

export function toyInput(events: readonly ToyV2[], states: readonly ToyState[]): V2Input {
  const shared = unconflictedOf(states);
  const graph = graphOf(events);
  const numbers = (ids: Iterable<string>): Int32Array => Int32Array.from(ids, (id) => graph.numberOf(id));
  const byKey = new Map(Array.from(numbers(shared.values()), (number) => [graph.keys[number] as number, number]));
  return {
    graph,
    conflicted: states.map((state) => numbers([...state].filter(([key]) => !shared.has(key)).map(([, id]) => id))),
    unconflicted: { at: (key) => byKey.get(key) ?? -1, events: () => byKey.values() },
  };
}

/** The resolved state, sorted, as text. */
export function resolveToyV2(events: readonly ToyV2[], states: readonly ToyState[], switches: V2Switches, trace?: V2Trace): string[] {
  const input = toyInput(events, states);
  const { graph } = input;
  const won = Array.from(resolveV2(input, toyRules(events, graph), switches, trace), (number): [string, string] => {
    const [type, stateKey] = graph.keyName(graph.keys[number] as number);
    return [keyOf({ type, stateKey }), graph.idOf(number)];
  });
  return text(new Map([...unconflictedOf(states), ...won]));
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
