import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { AuthGraph, resolveV2, V2, V2_1, type V2Input, type V2Rules, type V2Switches } from '@openguild/state-resolution';
import type { MatrixAuthContext } from '../src/auth-matrix/matrix-case.ts';
import { MATRIX_MAINLINE, matrixAuthVertex, matrixV2Rules } from '../src/auth-matrix/matrix-v2-rules.ts';
import type { RoomEvent } from '../src/event/types.ts';
import { stateKeyOf } from '../src/state/state-map.ts';
import { matrixEvent, type MatrixHistory, type StateRow } from '../test/auth-matrix/history-file.ts';
import { TESTED_VERSIONS } from '../test/auth-matrix/versions.ts';

/** One line of `spec/matrix/bench`. */
interface BenchFile {
  readonly room_version: string;
  readonly room_id: string;
  readonly events: MatrixHistory['events'];
  readonly event_ids: readonly string[];
  readonly state_sets: readonly (readonly StateRow[])[];
  readonly resolved: readonly StateRow[];
  readonly facts: { readonly full_conflicted_set: number };
}

type State = ReadonlyMap<string, string>;

/** An input as a server holds it when it has to resolve: events parsed, auth links known, states as maps. */
export class MatrixBenchInput {
  readonly conflicted: number;
  readonly #file: BenchFile;
  readonly #graph = new AuthGraph(MATRIX_MAINLINE);
  readonly #states: readonly State[];
  readonly #switches: V2Switches;
  #events = new Map<string, RoomEvent>();
  #rules: V2Rules<RoomEvent>;

  constructor(name: string) {
    const path = new URL(`../../spec/matrix/bench/${name}.jsonl.gz`, import.meta.url);
    this.#file = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as BenchFile;
    this.conflicted = this.#file.facts.full_conflicted_set;
    this.#states = this.#file.state_sets.map(toMap);
    this.#switches = this.#file.room_version === '12' ? V2_1 : V2;
    this.#rules = this.renew();
    for (const id of this.#file.event_ids) {
      this.#graph.add(id, (missing) => matrixAuthVertex(this.#events.get(missing) as RoomEvent));
    }
  }

  /** New event objects, of which nothing is remembered: one run must not profit from the one before. */
  renew(): V2Rules<RoomEvent> {
    const { events, event_ids: ids, room_version: version } = this.#file;
    this.#events = new Map(events.map((pdu, i) => [ids[i] as string, matrixEvent(pdu, ids[i] as string)]));
    const flags = TESTED_VERSIONS.get(version)?.flags;
    if (flags === undefined) throw new Error(`room version ${version}`);
    const context: MatrixAuthContext = {
      create: this.#events.get(`$${this.#file.room_id.slice(1)}`),
      isAccepted: false,
      isKnownVersion: () => true,
      isSignedBy: () => true,
      isValid: () => false,
    };
    return (this.#rules = matrixV2Rules(flags, context));
  }

  /** The whole of it: what the states agree on, the resolution, the resolved state. */
  resolve(): Map<string, string> {
    const [first, ...others] = this.#states as [State, ...State[]];
    const resolved = new Map<string, string>();
    const conflicted: string[][] = this.#states.map(() => []);
    for (const [key, id] of first) if (others.every((state) => state.get(key) === id)) resolved.set(key, id);
    for (const [i, state] of this.#states.entries()) {
      for (const [key, id] of state) if (!resolved.has(key)) (conflicted[i] as string[]).push(id);
    }
    const input: V2Input<RoomEvent> = {
      graph: this.#graph,
      event: (id) => this.#events.get(id) as RoomEvent,
      conflicted,
      unconflicted: { at: (type, stateKey) => resolved.get(stateKeyOf(type, stateKey)), ids: () => resolved.values() },
    };
    for (const { type, stateKey, id } of resolveV2(input, this.#rules, this.#switches)) resolved.set(stateKeyOf(type, stateKey), id);
    return resolved;
  }

  /** Is this the state that the reference implementations found? */
  isRight(resolved: State): boolean {
    const expected = toMap(this.#file.resolved);
    return expected.size === resolved.size && [...expected].every(([key, id]) => resolved.get(key) === id);
  }
}

function toMap(rows: readonly StateRow[]): State {
  return new Map(rows.map(([type, stateKey, id]) => [stateKeyOf(type, stateKey), id]));
}
