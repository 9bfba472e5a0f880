import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { resolveV2, V2, V2_1, type V2Rules, type V2Switches } from '@openguild/state-resolution';
import { MatrixAuthIndex } from '../src/auth-matrix/auth-index.ts';
import type { MatrixAuthContext } from '../src/auth-matrix/matrix-case.ts';
import { matrixV2Rules } from '../src/auth-matrix/matrix-v2-rules.ts';
import { resolveMatrixStates } from '../src/auth-matrix/resolve-states.ts';
import type { RoomEvent } from '../src/event/types.ts';
import { StateMap } from '../src/state/state-map.ts';
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

const ABSENT = -1;

/**
 * An input as a server holds it when it has to resolve: events parsed and in the auth index. States are what the index makes of them: for each
 * (type, state key), which has an integer, the integer of the event, or -1.
 */
export class MatrixBenchInput {
  readonly conflicted: number;
  readonly events: number;
  /** Milliseconds that it took to put the events into the index, which a server does as each enters; the first input finds the code cold. */
  readonly indexMs: number;
  readonly #file: BenchFile;
  readonly #index: MatrixAuthIndex;
  readonly #states: readonly Int32Array[];
  readonly #maps: readonly StateMap[];
  readonly #switches: V2Switches;
  readonly #rules: () => V2Rules;

  constructor(name: string) {
    const path = new URL(`../../spec/matrix/bench/${name}.jsonl.gz`, import.meta.url);
    this.#file = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as BenchFile;
    const { events, event_ids: ids, room_version: version, state_sets: states, room_id: room } = this.#file;
    this.events = events.length;
    this.conflicted = this.#file.facts.full_conflicted_set;
    this.#switches = version === '12' ? V2_1 : V2;
    const byId = new Map(events.map((pdu, i) => [ids[i] as string, matrixEvent(pdu, ids[i] as string)]));
    const read = (id: string): RoomEvent => byId.get(id) as RoomEvent;
    const flags = TESTED_VERSIONS.get(version)?.flags;
    if (flags === undefined) throw new Error(`room version ${version}`);
    const index = new MatrixAuthIndex(flags);
    const start = performance.now();
    for (const id of ids) index.add(id, read);
    this.indexMs = performance.now() - start;
    this.#index = index;
    const context: MatrixAuthContext = {
      create: byId.get(`$${room.slice(1)}`),
      isAccepted: false,
      isKnownVersion: () => true,
      isSignedBy: () => true,
      isValid: () => false,
    };
    this.#rules = () => matrixV2Rules(index, flags, context, read);
    this.#states = states.map((rows) => this.#vector(rows));
    const [first, ...others] = states as [readonly StateRow[], ...(readonly StateRow[])[]];
    // As the states of one room do, they share the structure of what they have in common.
    const map = StateMap.from(first);
    this.#maps = [
      map,
      ...others.map((rows) => map.with([...first.map(([t, k]) => [t, k, null] as const).filter(absentIn(rows)), ...rows])),
    ];
  }

  /** The whole of it, by integers: what the states agree on, the resolution, the resolved state. */
  resolve(): Int32Array {
    const [first, ...others] = this.#states as [Int32Array, ...Int32Array[]];
    const resolved = first.slice();
    const differing: number[] = [];
    for (let key = 0; key < first.length; key++) {
      for (const state of others) {
        if (state[key] === first[key]) continue;
        differing.push(key);
        resolved[key] = ABSENT;
        break;
      }
    }
    const conflicted = this.#states.map((state) => {
      const events = new Int32Array(differing.length);
      let length = 0;
      for (const key of differing) if (state[key] !== ABSENT) events[length++] = state[key] as number;
      return events.subarray(0, length);
    });
    const input = {
      graph: this.#index.graph,
      conflicted,
      unconflicted: { at: (key: number) => resolved[key] ?? ABSENT, events: () => resolved.filter((number) => number !== ABSENT) },
    };
    const { keys } = this.#index.graph;
    const won = resolveV2(input, this.#rules(), this.#switches);
    for (const number of won) resolved[keys[number] as number] = number;
    return resolved;
  }

  /** The same from maps of texts to a map of texts, as a room asks for it. */
  resolveMaps(): StateMap {
    return resolveMatrixStates(this.#maps, { index: this.#index, rules: this.#rules(), switches: this.#switches });
  }

  /** Is this the state that the reference implementations found? */
  isRight(resolved: Int32Array): boolean {
    const expected = this.#vector(this.#file.resolved);
    return expected.length === resolved.length && expected.every((number, key) => number === resolved[key]);
  }

  areRight(resolved: StateMap): boolean {
    return resolved.size === this.#file.resolved.length && this.#file.resolved.every(([type, key, id]) => resolved.get(type, key) === id);
  }

  #vector(rows: readonly StateRow[]): Int32Array {
    const { graph } = this.#index;
    const state = new Int32Array(graph.keyCount).fill(ABSENT);
    for (const [type, stateKey, id] of rows) state[graph.keyFor(type, stateKey)] = graph.numberOf(id);
    return state;
  }
}

function absentIn(rows: readonly StateRow[]): (row: readonly [string, string, ...unknown[]]) => boolean {
  const keys = new Set(rows.map(([type, stateKey]) => JSON.stringify([type, stateKey])));
  return ([type, stateKey]) => !keys.has(JSON.stringify([type, stateKey]));
}
