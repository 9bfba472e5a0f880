import { resolveHierarchical, type ResolutionTrace, type V2Trace } from '@openguild/state-resolution';
import { nativeRules } from '../auth/native-rules.ts';
import { deepestOf, lastOf, regionOf } from '../dag/region.ts';
import type { RoomEvent } from '../event/types.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import { splitStateKey, StateMap, stateKeyOf } from '../state/state-map.ts';
import { type ChannelKeyTrace, resolveChannel } from './channel-state.ts';
import type { Internals } from './internals.ts';
import type { MatrixRules } from './matrix-rules.ts';
import type { RoomKind, StateChange, StoredEvent, VoidDelta } from './types.ts';
import { NO_VOIDS, voidsAfter, voidsBy, voidsChangedTo, voidsWithin } from './void-delta.ts';
import { Lacking, NOTHING, type WorkingSet } from './working-set.ts';

/** A state, and which state events of its past are void in it (empty in channels, which hold no authority). */
export interface ResolvedState {
  readonly state: StateMap;
  readonly void: VoidDelta;
}

/** Why a state came out as it did: `channelKeys` in channels, `v2` in Matrix rooms, the rest elsewhere. */
export interface StateTrace extends ResolutionTrace {
  readonly channelKeys: ChannelKeyTrace[];
  readonly v2: V2Trace;
}

/** Results kept per room; one is needed again for every event that cites the same heads. */
const MAX_RESULTS = 64;

/** To look at an event's prev events costs so much less than to judge it again. */
const WALKED_AS_ONE_REPLAYED = 16;

/** The state at any heads of one room. */
export class Resolver {
  readonly #ws: WorkingSet;
  readonly #kind: RoomKind;
  readonly #guild: Internals | null;
  readonly #results = new Map<string, ResolvedState>();
  #last: { readonly heads: readonly string[]; readonly result: ResolvedState } | null = null;

  readonly #matrix: MatrixRules | null;
  #maxReplayed = Infinity;

  constructor(workingSet: WorkingSet, kind: RoomKind, guild: Internals | null, matrix: MatrixRules | null) {
    this.#ws = workingSet;
    this.#kind = kind;
    this.#guild = guild;
    this.#matrix = matrix;
  }

  /**
   * The state after these events together. After one event it is the state before it with the event put in: what is accepted cannot
   * be void in its own future alone (RES-1).
   */
  at(heads: readonly string[]): ResolvedState {
    const [only] = heads;
    if (only === undefined) return { state: StateMap.EMPTY, void: NO_VOIDS };
    if (heads.length === 1) return { state: this.#ws.stateAfter(only), void: voidsAfter(this.#ws.one(only)) };
    // Extremities are one array until they change.
    if (heads === this.#last?.heads) return this.#last.result;
    const result = this.#atSeveral(heads);
    this.#last = { heads, result };
    return result;
  }

  #atSeveral(heads: readonly string[]): ResolvedState {
    const distinct = [...new Set(heads)];
    if (distinct.length === 1) return this.at(distinct);
    const name = [...distinct].sort(utf8Compare).join(',');
    const known = this.#results.get(name);
    if (known !== undefined) return known;
    const result = this.#resolve(distinct);
    const [oldest] = this.#results.keys();
    if (this.#results.size >= MAX_RESULTS && oldest !== undefined) this.#results.delete(oldest);
    this.#results.set(name, result);
    return result;
  }

  /** State events that are void at these heads; of those deeper than `above` only, if it is given, and then no older event is read. */
  voids(heads: readonly string[], above?: number): ReadonlySet<string> {
    return voidsBy(this.at(heads).void, (id) => this.#ws.one(id), above);
  }

  /** Runs a question; a resolution in it that would replay more events is a need instead (ENG-16). */
  within<T>(maxReplayed: number, question: () => T): T {
    this.#maxReplayed = maxReplayed;
    try {
      return question();
    } finally {
      this.#maxReplayed = Infinity;
    }
  }

  /** The resolution of two heads or more again, telling why. */
  trace(heads: readonly string[]): StateTrace {
    const trace: StateTrace = { events: [], keys: [], channelKeys: [], v2: { steps: [], keys: [], mainline: [] } };
    if (this.#matrix !== null) this.#matrix.resolve(heads, trace.v2);
    else {
      const last = lastOf(heads, this.#ws);
      const told = last.length > 1 ? last : heads;
      if (this.#kind === 'channel') this.#channel(told, trace.channelKeys);
      else this.#hierarchical(told, trace);
    }
    return trace;
  }

  #resolve(heads: readonly string[]): ResolvedState {
    if (this.#matrix !== null) {
      if (this.#maxReplayed < Infinity) this.#bound(this.#matrix.conflicts(heads));
      return { state: this.#matrix.resolve(heads), void: NO_VOIDS };
    }
    // The state is that of their whole past, whichever events of it are named beside the last ones (RES-1).
    const last = lastOf(heads, this.#ws, (count) => this.walked(count));
    if (last.length === 1) return this.at(last);
    return this.#kind === 'channel' ? this.#channel(last) : this.#hierarchical(last);
  }

  #hierarchical(heads: readonly string[], trace?: ResolutionTrace): ResolvedState {
    const { cut, events } = regionOf(heads, this.#ws, (count) => this.#bound(count));
    const base = this.#ws.stateAfter(cut.event.event_id);
    this.#loadWhatRulesRead(events);
    const eventAt = (key: string): RoomEvent | undefined => {
      const id = base.at(key);
      return id === undefined ? undefined : this.#ws.one(id).event;
    };
    const voids = voidsWithin(events);
    const region = events.map((stored) => ({
      id: stored.event.event_id,
      event: stored.event,
      prev: stored.event.prev_events,
      key: stored.event.state_key === undefined ? undefined : stateKeyOf(stored.event.type, stored.event.state_key),
      rank: stored.rank,
      originTs: stored.event.origin_ts,
      voidBefore: voids.get(stored.event.event_id) as ReadonlySet<string>,
    }));
    const rules = nativeRules(this.#kind === 'guild' ? 'guild' : 'plain', eventAt, (id) => this.#ws.one(id).event);
    const result = resolveHierarchical({ region, base: eventAt }, rules, trace);
    const changes = [...result.changes].map(([key, event]): StateChange => [...splitStateKey(key), event.event_id]);
    // The deepest head is of the region, and what lies before the cut is void after it just if it is void at the cut (DAG-3).
    const deepest = deepestOf(this.#ws.all(heads));
    const then = voids.get(deepest.event.event_id) as ReadonlySet<string>;
    return { state: base.with(changes), void: voidsChangedTo(deepest, then, result.void) };
  }

  #channel(heads: readonly string[], trace?: ChannelKeyTrace[]): ResolvedState {
    const { cut, events } = regionOf(heads, this.#ws, (count) => this.#bound(count));
    const base = this.#ws.stateAfter(cut.event.event_id);
    if (this.#guild === null) throw new Error('a channel without its guild');
    return { state: base.with(resolveChannel(events, this.#guild, trace)), void: NO_VOIDS };
  }

  /** A walk that only looks who cites whom has come to so many events: bounded like a resolution, but for what it costs (ENG-16). */
  walked(count: number): void {
    this.#bound(Math.ceil(count / WALKED_AS_ONE_REPLAYED));
  }

  #bound(replayed: number): void {
    if (replayed > this.#maxReplayed) throw new Lacking({ ...NOTHING, replays: replayed });
  }

  /** Everything that authorised an event was named by it, so one need brings nearly all that judging the events again will read. */
  #loadWhatRulesRead(events: readonly StoredEvent[]): void {
    this.#ws.all([...new Set(events.flatMap((stored) => stored.event.auth_events))]);
  }
}
