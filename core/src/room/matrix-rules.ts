import { MatrixAuthIndex } from '../auth-matrix/auth-index.ts';
import { authorizeByAuthEvents, authorizeMatrix } from '../auth-matrix/authorize-matrix.ts';
import type { MatrixAuthContext, MatrixAuthStep, MatrixLookup } from '../auth-matrix/matrix-case.ts';
import { matrixV2Rules } from '../auth-matrix/matrix-v2-rules.ts';
import { resolveMatrixStates } from '../auth-matrix/resolve-states.ts';
import { V2, V2_1, type V2Trace } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { StateMap } from '../state/state-map.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { roomVersion, type RoomVersion } from '../version/room-version.ts';
import type { StoredEvent } from './types.ts';
import type { WorkingSet } from './working-set.ts';

/** What the two judgements of a Matrix event say: by the events it cites, and by the state before it. Both are always asked. */
export interface MatrixVerdicts {
  readonly auth_events: Fault | null;
  readonly state: Fault | null;
}

/** The rules of a Matrix room version, for one room: authorisation (MX rules) and resolution v2 or v2.1. */
export class MatrixRules {
  readonly #ws: WorkingSet;
  readonly #flags: MatrixAuthFlags;
  readonly #version: RoomVersion;
  readonly #index: MatrixAuthIndex;
  /** A state whose events, and all that authorises them, are in the index. */
  #indexed: StateMap | undefined;

  constructor(workingSet: WorkingSet, version: RoomVersion, flags: MatrixAuthFlags) {
    this.#ws = workingSet;
    this.#version = version;
    this.#flags = flags;
    this.#index = new MatrixAuthIndex(flags);
  }

  /** Null if the events that an event cites allow it. */
  byAuthEvents(event: RoomEvent, trace?: MatrixAuthStep[]): Fault | null {
    const cited = this.#ws.cited(event.auth_events).map(({ event: one, verdict }) => ({ event: one, rejected: verdict === 'rejected' }));
    const fault = authorizeByAuthEvents(event, cited, this.#flags, this.#context(event), trace);
    // A fault of the list itself is no question that a rule asked.
    if (fault !== null && trace?.every((step) => step.holds) === true) trace.push({ rule: fault.rule, holds: false, detail: fault.detail });
    return fault;
  }

  /** Null if a state allows an event. */
  byState(event: RoomEvent, state: StateMap, trace?: MatrixAuthStep[]): Fault | null {
    return authorizeMatrix(event, this.#lookup(state), this.#flags, this.#context(event), trace);
  }

  /** Entries in which the states after several events differ: a measure of what resolving them replays. */
  conflicts(heads: readonly string[]): number {
    const [first, ...others] = heads.map((head) => this.#ws.stateAfter(head));
    return others.reduce((count, other) => count + (first?.changesTo(other).length ?? 0), 0);
  }

  /** The state of several together. */
  resolve(heads: readonly string[], trace?: V2Trace): StateMap {
    const states = heads.map((head) => this.#ws.stateAfter(head));
    for (const state of states) this.#addToIndex(state);
    return resolveMatrixStates(
      states,
      {
        index: this.#index,
        rules: matrixV2Rules(this.#index, this.#flags, this.#context(undefined), (id) => this.#ws.one(id).event),
        switches: this.#version.resolution === 'v2.1' ? V2_1 : V2,
      },
      trace,
    );
  }

  /** Entered events are in the index from the start, so that a merge finds nearly everything there. */
  entered(stored: StoredEvent): void {
    if (stored.verdict === 'rejected' || stored.event.state_key === undefined) return;
    if (stored.event.auth_events.every((id) => this.#index.graph.has(id))) this.#index.add(stored.event.event_id, () => stored.event);
  }

  #lookup(state: StateMap): MatrixLookup {
    return (type, stateKey) => {
      const id = state.get(type, stateKey);
      return id === undefined ? undefined : this.#ws.one(id).event;
    };
  }

  #context(event: RoomEvent | undefined): MatrixAuthContext {
    return {
      create: this.#flags.roomNamedBy === 'room-id' ? this.#createOf(event) : undefined,
      isAccepted: false,
      isKnownVersion: (version) => roomVersion(version) !== undefined,
      // A copy that lacks a signature which its event must have is dropped before it is judged (MXB rules).
      isSignedBy: () => true,
      isValid: (check) => this.#ws.verdicts([check])[0] === true,
    };
  }

  /** The create event that the room's ID names; none yet while it is itself judged. */
  #createOf(event: RoomEvent | undefined): RoomEvent | undefined {
    if (event !== undefined && event.prev_events.length === 0) return undefined;
    const create = this.#ws.one(`$${this.#ws.room_id.slice(1)}`);
    return create.verdict === 'accepted' ? create.event : undefined;
  }

  /** What one of these states has and the last did not: states of one room differ in little, and share the rest. */
  #addToIndex(state: StateMap): void {
    if (state === this.#indexed) return;
    const missing: string[] = [];
    for (const [, , id] of (this.#indexed ?? StateMap.EMPTY).changesTo(state))
      if (id !== null && !this.#index.graph.has(id)) missing.push(id);
    this.#ws.all(missing);
    for (const id of missing) this.#index.add(id, (one) => this.#ws.one(one).event);
    this.#indexed = state;
  }
}
