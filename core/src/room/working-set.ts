import type { ServerSignatureCheck, SignatureCheck } from '../event/types.ts';
import { StateMap } from '../state/state-map.ts';
import { sameCheck, sameServerCheck } from '../crypto/verdict-key.ts';
import type { Needs, StoredEvent, Supplies } from './types.ts';

/** Thrown inside a step when something is not in memory; caught by `ask`, which turns it into needs. Never leaves this package. */
export class Lacking {
  readonly needs: Needs;

  constructor(needs: Needs) {
    this.needs = needs;
  }
}

export const NOTHING: Needs = { events: [], states: [], verdicts: [], servers: [] };

/**
 * Records kept in memory before the next step starts from the extremities again: so many as replaying a fork, or paging back, asks for more than once; where the
 * state has many entries, which are read as a whole, twice as many as these, but never more than the greatest number.
 */
const LEAST_RECORDS = 4_000;
const MOST_RECORDS = 20_000;
/** Verdicts kept in memory: more than one step needs, since it asks again at once. Whoever serves them remembers more. */
const MAX_VERDICTS = 64;
/** How far a state is rebuilt from deltas in memory before the store is asked for it. */
const MAX_DELTA_WALK = 256;

/** What one room has in memory. All of it can be forgotten and asked for again, so forgetting is never an error. */
export class WorkingSet {
  readonly room_id: string;
  readonly #records = new Map<string, StoredEvent>();
  readonly #states = new Map<string, StateMap>();
  /** The newest last. */
  readonly #verdicts: { readonly check: SignatureCheck; readonly valid: boolean }[] = [];
  readonly #serverVerdicts: { readonly check: ServerSignatureCheck; readonly valid: boolean }[] = [];
  /** Events of other rooms that an event of this one wrongly cites as auth events; undefined while they are only asked for. */
  readonly #strangers = new Map<string, StoredEvent | undefined>();

  constructor(roomId: string) {
    this.room_id = roomId;
  }

  supply(supplies: Supplies): void {
    for (const stored of supplies.events ?? []) {
      if (stored.event.room_id === this.room_id) this.put(stored);
      else if (this.#strangers.has(stored.event.event_id)) this.#strangers.set(stored.event.event_id, stored);
    }
    for (const { event_id, entries } of supplies.states ?? []) {
      if (this.#records.has(event_id)) this.#states.set(event_id, StateMap.from(entries));
    }
    for (const verdict of supplies.verdicts ?? []) keep(this.#verdicts, verdict);
    for (const verdict of supplies.servers ?? []) keep(this.#serverVerdicts, verdict);
  }

  put(stored: StoredEvent): void {
    this.#records.set(stored.event.event_id, stored);
  }

  setStateAfter(eventId: string, state: StateMap): void {
    this.#states.set(eventId, state);
  }

  forget(eventId: string): void {
    this.#records.delete(eventId);
    this.#states.delete(eventId);
  }

  /** The record, if it is in memory. */
  peek(eventId: string): StoredEvent | undefined {
    return this.#records.get(eventId);
  }

  one(eventId: string): StoredEvent {
    return this.#records.get(eventId) ?? this.#lack([eventId]);
  }

  /** All of them; what is missing is asked for at once. */
  all(eventIds: readonly string[]): StoredEvent[] {
    const [only] = eventIds;
    if (eventIds.length === 1 && only !== undefined) return [this.one(only)];
    const missing = eventIds.filter((id) => !this.#records.has(id));
    if (missing.length > 0) this.#lack([...new Set(missing)]);
    return eventIds.map((id) => this.#records.get(id) as StoredEvent);
  }

  /** Auth events, in their order. One of another room is found as well, so that it can be refused for that. */
  cited(eventIds: readonly string[]): StoredEvent[] {
    const at = (id: string): StoredEvent | undefined => this.#records.get(id) ?? this.#strangers.get(id);
    const missing = eventIds.filter((id) => at(id) === undefined);
    for (const id of missing) this.#strangers.set(id, undefined);
    if (missing.length > 0) this.#lack(missing);
    return eventIds.map((id) => at(id) as StoredEvent);
  }

  /** Whether each signature is right; asks for every verdict that is not known yet. */
  verdicts(checks: readonly SignatureCheck[]): boolean[] {
    const known = checks.map((check) => verdictOf(this.#verdicts, check, sameCheck));
    const missing = checks.filter((_, i) => known[i] === undefined);
    if (missing.length > 0) throw new Lacking({ ...NOTHING, verdicts: missing });
    return known.map((valid) => valid === true);
  }

  /** The same for signatures whose keys are published. */
  serverVerdicts(checks: readonly ServerSignatureCheck[]): boolean[] {
    const known = checks.map((check) => verdictOf(this.#serverVerdicts, check, sameServerCheck));
    const missing = checks.filter((_, i) => known[i] === undefined);
    if (missing.length > 0) throw new Lacking({ ...NOTHING, servers: missing });
    return known.map((valid) => valid === true);
  }

  /** The state after an accepted event: from memory, else from the deltas of the records in memory, else a need. */
  stateAfter(eventId: string): StateMap {
    const chain: StoredEvent[] = [];
    let at: string | null = eventId;
    let state: StateMap | undefined;
    while (state === undefined) {
      if (at === null) {
        state = StateMap.EMPTY;
        break;
      }
      state = this.#states.get(at);
      if (state !== undefined) break;
      const stored: StoredEvent | undefined = chain.length < MAX_DELTA_WALK ? this.#records.get(at) : undefined;
      if (stored === undefined) {
        // The store keeps states after accepted events.
        const first = this.one(eventId);
        const event_id = first.verdict === 'accepted' ? eventId : (first.state_base ?? eventId);
        this.one(event_id);
        throw new Lacking({ ...NOTHING, states: [{ room_id: this.room_id, event_id }] });
      }
      chain.push(stored);
      at = stored.state_base;
    }
    for (const stored of chain.reverse()) state = state.with(stored.state_delta);
    this.#states.set(eventId, state);
    return state;
  }

  /** Forgets what grew too large. Only between steps, else a step would never get all it asked for. */
  trim(keep: readonly string[]): void {
    this.#strangers.clear();
    if (this.#records.size <= LEAST_RECORDS) return;
    const entries = keep.reduce((most, id) => Math.max(most, this.#states.get(id)?.size ?? 0), 0);
    if (this.#records.size <= Math.min(2 * entries, MOST_RECORDS)) return;
    const records = keep.map((id) => this.#records.get(id)).filter((stored) => stored !== undefined);
    const states = keep.map((id) => [id, this.#states.get(id)] as const);
    this.#records.clear();
    this.#states.clear();
    for (const stored of records) this.put(stored);
    for (const [id, state] of states) if (state !== undefined) this.#states.set(id, state);
  }

  #lack(eventIds: readonly string[]): never {
    throw new Lacking({ ...NOTHING, events: eventIds.map((event_id) => ({ room_id: this.room_id, event_id })) });
  }
}

function keep<V>(verdicts: V[], verdict: V): void {
  if (verdicts.length >= 2 * MAX_VERDICTS) verdicts.splice(0, MAX_VERDICTS);
  verdicts.push(verdict);
}

/** The newest first: mostly it is asked for at once. The same object, or, for who makes it anew, one that says the same. */
function verdictOf<C>(
  verdicts: readonly { readonly check: C; readonly valid: boolean }[],
  check: C,
  same: (a: C, b: C) => boolean,
): boolean | undefined {
  for (let i = verdicts.length - 1; i >= 0; i--) if (verdicts[i]?.check === check) return verdicts[i]?.valid;
  return verdicts.findLast((one) => same(one.check, check))?.valid;
}
