import { NATIVE_VERSION, roomVersion, type StateEntry } from '@openguild/core';
import { compareLists, compareStates, type Difference, differs, type HistoryResult, MalformedHistoryError } from './history-result.ts';
import type { NamedEvent } from './named-events.ts';
import { NativeEvents } from './native-events.ts';
import type { AnyHistory } from './read-histories.ts';
import { type Received, VectorHost } from './vector-host.ts';

/** A native history: spec/native/README.md says what the fields mean. */
interface NativeHistory {
  readonly id: string;
  readonly rooms: Readonly<Record<string, string>>;
  readonly events: readonly NamedEvent[];
  readonly expect: Readonly<Record<string, { readonly verdict: 'accept' | 'reject'; readonly rule?: string }>>;
  readonly state_after: Readonly<Record<string, Readonly<Record<string, NamedState>>>>;
  readonly final: Readonly<Record<string, NamedState>>;
  readonly heads: Readonly<Record<string, readonly string[]>>;
  readonly void: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** `type|state_key` to an event's name. */
type NamedState = Readonly<Record<string, string>>;

export function isNativeHistory(history: AnyHistory): boolean {
  return 'rooms' in history && 'servers' in history;
}

/** Makes a history's events real, sends each through the whole pipeline and compares every answer with the expected one. Throws MalformedHistoryError. */
export async function judgeNativeHistory(history: AnyHistory): Promise<HistoryResult> {
  checkForm(history);
  const native = history as unknown as NativeHistory;
  return { id: native.id, events: native.events.length, differences: await new NativeReplay(native).run(), disputed: false, skipped: null };
}

/** What is expected must be there, of its type, and of events and rooms that are there: else anything would meet it. */
function checkForm(history: AnyHistory): void {
  const events = new Set((history['events'] as readonly unknown[]).map((event, i) => asObject(event, `event ${i}`)['id']));
  const rooms = new Set<unknown>(Object.keys(asObject(history['rooms'], 'rooms')));
  checkMembers(history, 'expect', events, (value, where) => asObject(value, where));
  checkMembers(history, 'state_after', events, (value, where) => {
    for (const [room, state] of Object.entries(asObject(value, where))) checkNames(state, `${where} ${room}`);
  });
  checkMembers(history, 'final', rooms, checkNames);
  checkMembers(history, 'void', rooms, checkNames);
  checkMembers(history, 'heads', rooms, (value, where) => {
    if (!Array.isArray(value)) throw new MalformedHistoryError(`${where} is no list`);
    checkNames({ ...(value as unknown[]) }, where);
  });
}

/** Every member of one of the history's objects must be of something known, and pass a check. */
function checkMembers(
  history: AnyHistory,
  name: string,
  known: ReadonlySet<unknown>,
  check: (value: unknown, where: string) => unknown,
): void {
  for (const [of, value] of Object.entries(asObject(history[name], name))) {
    if (!known.has(of)) throw new MalformedHistoryError(`${name} names ${of}, which is not in the history`);
    check(value, `${name} of ${of}`);
  }
}

function checkNames(value: unknown, where: string): void {
  for (const name of Object.values(asObject(value, where)))
    if (typeof name !== 'string') throw new MalformedHistoryError(`${where} has what is no name`);
}

function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedHistoryError(`${where} is no object`);
  return value as Record<string, unknown>;
}

class NativeReplay {
  readonly #history: NativeHistory;
  readonly #host = new VectorHost();
  readonly #events: NativeEvents;
  readonly #rejected = new Set<string>();
  /** Room to its accepted events that no accepted event of it follows, by name. */
  readonly #heads = new Map<string, Set<string>>();

  constructor(history: NativeHistory) {
    this.#history = history;
    const version = roomVersion(NATIVE_VERSION);
    if (version === undefined) throw new Error('the native version is unknown');
    this.#events = new NativeEvents(history.events, this.#host, version);
  }

  async run(): Promise<Difference[]> {
    const out: Difference[] = [];
    for (const named of this.#history.events) out.push(...(await this.#judge(named)));
    for (const room of Object.keys(this.#history.rooms)) out.push(...(await this.#compareEnd(room)));
    return out;
  }

  async #judge(named: NamedEvent): Promise<Difference[]> {
    const event = await this.#events.make(named, this.#rejected);
    const received = await this.#host.receive(event.room_id, event.pdu, NATIVE_VERSION);
    const expected = this.#history.expect[named.id];
    const verdict = verdictOf(received);
    if (verdict === 'reject') this.#rejected.add(event.event_id);
    else this.#extend(named);
    const rule = 'fault' in received ? received.fault.rule : null;
    if (verdict !== expected?.verdict) {
      const wanted = expected === undefined ? 'nothing is expected' : `${expected.verdict} ${expected.rule ?? ''}`.trim();
      return differs(named.id, 'verdict', wanted, `${verdict} (${received.kind})`, rule);
    }
    const out: Difference[] = [];
    for (const [room, state] of Object.entries(this.#history.state_after[named.id] ?? {}))
      out.push(...(await this.#compareAfter(named, room, state)));
    return out;
  }

  #extend({ id, room, prev }: NamedEvent): void {
    const heads = this.#heads.get(room) ?? new Set();
    for (const one of prev) heads.delete(one);
    this.#heads.set(room, heads.add(id));
  }

  async #compareAfter(named: NamedEvent, room: string, expected: NamedState): Promise<Difference[]> {
    const accepted = this.#history.expect[named.id]?.verdict === 'accept';
    const heads = room === named.room ? (accepted ? [named.id] : named.prev) : (named.guild_heads ?? []);
    return compareStates(named.id, await this.#stateAt(room, heads), this.#real(expected));
  }

  async #compareEnd(room: string): Promise<Difference[]> {
    const { heads, final, void: voids } = this.#history;
    const [end, found] = [`end of ${room}`, [...(this.#heads.get(room) ?? [])]];
    const out = compareLists(end, 'heads', found, heads[room] ?? []);
    if (out.length > 0) return out;
    out.push(...compareStates(end, await this.#stateAt(room, found), this.#real(final[room] ?? {})));
    const ids = found.map((id) => this.#events.names.eventId(id));
    const without = found.length === 0 ? [] : await this.#host.ask(this.#events.names.roomId(room), (one) => one.voidAt(ids));
    const named = [...without].map((id) => this.#events.names.nameOf(id));
    return [...out, ...compareLists(end, 'void', named, Object.keys(voids[room] ?? {}))];
  }

  async #stateAt(room: string, heads: readonly string[]): Promise<Map<string, string>> {
    if (heads.length === 0) return new Map();
    const { names } = this.#events;
    const ids = heads.map((id) => names.eventId(id));
    const entries: readonly StateEntry[] = await this.#host.stateAfter(names.roomId(room), ids);
    return new Map(entries.map(([type, key, id]) => [`${type}|${key}`, names.nameOf(id)]));
  }

  #real(state: NamedState): Map<string, string> {
    return new Map(
      Object.entries(state).map(([key, id]) => {
        const at = key.indexOf('|');
        return [`${key.slice(0, at)}|${this.#events.names.stateKey(key.slice(0, at), key.slice(at + 1))}`, id];
      }),
    );
  }
}

/** What can never be judged because its room was never accepted counts as rejected, as does a copy that is faulty in itself. */
function verdictOf(received: Received): 'accept' | 'reject' {
  return received.kind === 'accepted' || received.kind === 'soft-failed' ? 'accept' : 'reject';
}
