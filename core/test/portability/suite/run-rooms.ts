import {
  checkCopy,
  type JsonObject,
  type JsonValue,
  NATIVE_VERSION,
  NO_VOIDS,
  Room,
  type RoomEvent,
  stateHash,
  type StateEntry,
  StateMap,
  type StoredEvent,
} from '@openguild/core';
import { differs, type Finding, find, first } from './finding.ts';
import { EventMaker, type NamedEvent } from './named-events.ts';
import { MissingEvents, VectorHost, VERSION } from './vector-host.ts';

/** state-hash.json */
export function runStateHash(vectors: readonly { why: string; rule: string; state: readonly StateEntry[]; expect: string }[]): Finding[] {
  return vectors.map((vector) =>
    find('state-hash', vector, () => differs('hash', stateHash(StateMap.from(vector.state), VERSION), vector.expect)),
  );
}

interface OrderVector {
  readonly why: string;
  readonly rule: string;
  readonly events: readonly { readonly id: string; readonly prev: readonly string[]; readonly ts: number }[];
  readonly expect: readonly string[];
}

/** history-order.json: the order in which a history is shown, whole and in pages of two. */
export function runHistoryOrder(vectors: readonly OrderVector[]): Finding[] {
  return vectors.map((vector) => find('history-order', vector, () => first(historyFault(vector, 100), historyFault(vector, 2))));
}

function historyFault({ events, expect }: OrderVector, limit: number): string | null {
  const depths = new Map<string, number>();
  const stored = events.map(({ id, prev, ts }): StoredEvent => {
    depths.set(id, Math.max(-1, ...prev.map((one) => depths.get(one) ?? 0)) + 1);
    const event: RoomEvent = {
      ...{ event_id: id, room_id: '!room', type: 'm.room.message', sender: '@a:a.example', origin_ts: ts, content: {} },
      ...{ state_key: undefined, prev_events: prev, auth_events: [], guild_heads: [], signed_by: [], pdu: {}, redacted: false },
    };
    const kept = {
      verdict: 'accepted',
      fault: null,
      soft_failed: false,
      rank: 0,
      void_delta: NO_VOIDS,
      state_base: null,
      state_delta: [],
    } as const;
    return { event, depth: depths.get(id) as number, ...kept };
  });
  const cited = new Set(events.flatMap((one) => one.prev));
  const extremities = events.map((one) => one.id).filter((id) => !cited.has(id));
  const room = Room.open({ room_id: '!room', room_version: NATIVE_VERSION, kind: 'plain', guild_id: null, extremities });
  room.supply({ events: stored });
  const shown: string[] = [];
  let cursor = null;
  do {
    const page = room.history(limit, cursor);
    if (page.needs !== null) return 'the history lacks an event';
    shown.push(...page.value.events.map((one) => one.event.event_id));
    cursor = page.value.next;
  } while (cursor !== null);
  return differs('history', shown.reverse(), expect);
}

interface Scenario {
  readonly name: string;
  readonly why: string;
  readonly rule: string;
  readonly base: string;
  readonly events: readonly NamedEvent[];
  readonly refused: Readonly<Record<string, string>>;
  readonly void: Readonly<Record<string, readonly string[]>>;
  readonly changes: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  readonly soft_failed?: readonly { event: string; heads: readonly string[]; guild_heads?: readonly string[]; rule: string | null }[];
  readonly holders?: readonly { room: string; heads: readonly string[]; entry: string; event: string | null }[];
}

interface Scenarios {
  readonly bases: Readonly<Record<string, readonly NamedEvent[]>>;
  readonly scenarios: readonly Scenario[];
}

/** scenarios.json: stories of authority and resolution, made into real events. */
export function runScenarios({ bases, scenarios }: Scenarios): Finding[] {
  return scenarios.map((scenario) =>
    find('scenarios', { rule: scenario.rule, why: `${scenario.name}: ${scenario.why}` }, () =>
      new Play(bases[scenario.base] ?? [], scenario).fault(),
    ),
  );
}

class Play {
  readonly #host = new VectorHost();
  readonly #maker = new EventMaker(this.#host);
  readonly #names = new Map<string, string>();
  readonly #accepted: NamedEvent[] = [];
  readonly #base: readonly NamedEvent[];
  readonly #scenario: Scenario;

  constructor(base: readonly NamedEvent[], scenario: Scenario) {
    this.#base = base;
    this.#scenario = scenario;
  }

  fault(): string | null {
    const { events, refused, holders = [], soft_failed = [], changes, void: voids } = this.#scenario;
    for (const named of this.#base) this.#receive(named);
    const before = new Map(
      Object.keys(changes).map((room) => [room, this.#maker.rooms.has(room) ? this.#state(room, this.#heads(room)) : {}]),
    );
    const found: Record<string, string> = {};
    for (const named of events) {
      const rule = this.#receive(named);
      if (rule !== null) found[named.id] = rule;
    }
    return first(
      differs('refused', found, refused),
      ...Object.entries(voids).map(([room, names]) => differs(`void in ${room}`, this.#voids(room), [...names].sort(inNames))),
      ...Object.entries(changes).map(([room, changed]) => {
        const wanted = Object.entries({ ...before.get(room), ...changed }).filter(([, event]) => event !== null);
        return differs(`state of ${room}`, this.#state(room, this.#heads(room)), Object.fromEntries(wanted));
      }),
      ...holders.map(({ room, heads, entry, event }) => differs(entry, this.#state(room, heads)[entry] ?? null, event)),
      ...soft_failed.map((one) => differs(`${one.event} at ${one.heads.join()}`, this.#softFault(one), one.rule)),
    );
  }

  /** The rule by which the event is refused, or null. */
  #receive(named: NamedEvent): string | null {
    const event = this.#maker.make(named);
    this.#names.set(event.event_id, named.id);
    const outcome = this.#host.receive(event.pdu);
    if (outcome.kind === 'dropped' || outcome.kind === 'known') throw new Error(`${named.id}: ${JSON.stringify(outcome)}`);
    if (outcome.kind === 'rejected') return outcome.fault.rule;
    this.#accepted.push(named);
    return null;
  }

  #heads(room: string): string[] {
    const mine = this.#accepted.filter((one) => one.room === room);
    const cited = new Set(mine.flatMap((one) => one.prev));
    return mine.map((one) => one.id).filter((id) => !cited.has(id));
  }

  #state(roomName: string, heads: readonly string[]): Readonly<Record<string, string>> {
    const room = this.#host.room(this.#maker.roomId(roomName));
    const state = this.#host.serve(room, () => room.stateAfter(heads.map((name) => this.#maker.eventId(name))));
    const keyOf = new Map(this.#accepted.map((one) => [one.id, one.state_key ?? '']));
    return Object.fromEntries(
      [...state.entries()].map(([type, , id]) => {
        const name = this.#names.get(id) as string;
        return [`${type}|${keyOf.get(name)}`, name];
      }),
    );
  }

  #voids(roomName: string): string[] {
    const room = this.#host.room(this.#maker.roomId(roomName));
    const heads = this.#heads(roomName).map((name) => this.#maker.eventId(name));
    return [...this.#host.serve(room, () => room.voidAt(heads))].map((id) => this.#names.get(id) as string).sort(inNames);
  }

  #softFault({
    event: name,
    heads,
    guild_heads,
  }: {
    event: string;
    heads: readonly string[];
    guild_heads?: readonly string[];
  }): string | null {
    const event = this.#maker.events.get(name) as RoomEvent;
    const ids = (names: readonly string[]): string[] => names.map((one) => this.#maker.eventId(one));
    const guild = guild_heads === undefined ? undefined : this.#host.roomAt(this.#maker.roomId('g'), ids(guild_heads));
    const room = this.#host.roomAt(event.room_id, ids(heads), guild);
    const copy = checkCopy(event.pdu, VERSION);
    if (!copy.ok) throw new Error(copy.detail);
    const { outcome } = this.#host.serve(room, () => room.receive(copy.value));
    return outcome.kind === 'soft-failed' ? outcome.fault.rule : null;
  }
}

function inNames(a: string, b: string): number {
  return a < b ? -1 : 1;
}

type Step = Readonly<Record<string, unknown>> & { readonly expect: unknown };

interface Receipt {
  readonly rooms: Readonly<Record<string, string>>;
  readonly ids: Readonly<Record<string, string>>;
  readonly base: readonly string[];
  readonly copies: Readonly<Record<string, JsonValue>>;
  readonly sequences: readonly { why: string; rule: string; steps: readonly ('base' | Step)[] }[];
}

/** receipt.json: what a receiving server makes of copies, one after another. */
export function runReceipt(vectors: Receipt): Finding[] {
  return vectors.sequences.map((sequence) =>
    find('receipt', sequence, () => {
      const host = new VectorHost();
      for (const [n, step] of sequence.steps.entries()) {
        const fault = step === 'base' ? baseFault(host, vectors) : differs(`step ${n + 1}`, take(host, vectors, step), step.expect);
        if (fault !== null) return fault;
      }
      return null;
    }),
  );
}

function baseFault(host: VectorHost, { base, copies }: Receipt): string | null {
  return first(...base.map((name) => differs(name, host.receive(copies[name] as JsonValue).kind, 'accepted')));
}

function take(host: VectorHost, { rooms, ids, copies }: Receipt, step: Step): unknown {
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  const named = (list: readonly string[]): string[] => list.map((id) => names.get(id) ?? id).sort(inNames);
  const text = (member: string): string => step[member] as string;
  const room = (member: string): Room => host.room(rooms[text(member)] as string);
  if ('offer' in step) return offered(host, copies[text('offer')] as JsonValue, rooms[text('in')], named);
  if ('rejudge' in step) return told(host.rejudge(ids[text('rejudge')] as string));
  if ('extremities' in step) return named(room('extremities').extremities);
  if ('history' in step) return host.history(room('history').room_id).map((id) => names.get(id) ?? id);
  if ('depth' in step) return host.stored.get(ids[text('depth')] as string)?.depth;
  if ('kept' in step) return host.stored.get(ids[text('kept')] as string)?.event.redacted === true ? 'redacted' : 'whole';
  if ('next' in step) return nextOf(room('next'), named);
  throw new Error(`an unknown step: ${JSON.stringify(step)}`);
}

function offered(host: VectorHost, copy: JsonValue, roomId: string | undefined, named: (ids: readonly string[]) => string[]): JsonObject {
  try {
    return told(host.receive(copy, roomId));
  } catch (error) {
    if (error instanceof MissingEvents) return { outcome: 'waits', for: named(error.eventIds) };
    throw error;
  }
}

function told(outcome: ReturnType<VectorHost['receive']>): JsonObject {
  return { outcome: outcome.kind, ...('fault' in outcome ? { rule: outcome.fault.rule } : {}) };
}

/** What the next event of this room would cite. */
function nextOf(room: Room, named: (ids: readonly string[]) => string[]): JsonObject {
  const heads = room.guild === null ? {} : { guild_heads: named(room.guild.extremities) };
  return { prev_events: named(room.extremities), ...heads };
}
