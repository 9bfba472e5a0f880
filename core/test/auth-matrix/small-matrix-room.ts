import type { V2Trace } from '@openguild/state-resolution';
import { MatrixAuthIndex } from '../../src/auth-matrix/auth-index.ts';
import { authorizeMatrix } from '../../src/auth-matrix/authorize-matrix.ts';
import { matrixAuthTypes } from '../../src/auth-matrix/auth-types.ts';
import type { MatrixAuthContext } from '../../src/auth-matrix/matrix-case.ts';
import { matrixV2Rules } from '../../src/auth-matrix/matrix-v2-rules.ts';
import { resolveMatrixStates } from '../../src/auth-matrix/resolve-states.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { StateMap } from '../../src/state/state-map.ts';
import { TESTED_VERSIONS, type TestedVersion } from './versions.ts';

export const ALICE = '@alice:a.example';
export const BOB = '@bob:b.example';
export const CAROL = '@carol:c.example';
export const DAVE = '@dave:d.example';

/** A room whose events are made by hand: names for IDs, auth events selected from a given state. Made by Alice, who has joined. */
export class SmallMatrixRoom {
  readonly version: TestedVersion;
  readonly created: StateMap;
  readonly #id: string;
  readonly #events = new Map<string, RoomEvent>();
  readonly #context: MatrixAuthContext;
  #time = 1000;

  constructor(version: string) {
    this.version = TESTED_VERSIONS.get(version) as TestedVersion;
    this.#id = this.version.flags.roomNamedBy === 'room-id' ? '!create' : '!room:a.example';
    const create = this.#make('$create', StateMap.EMPTY, ALICE, 'm.room.create', '', { room_version: version, creator: ALICE }, []);
    this.#context = { create, isAccepted: false, isKnownVersion: () => true, isSignedBy: () => true, isValid: () => false };
    const start = StateMap.from([['m.room.create', '', '$create']]);
    this.created = this.set(start, 'alice', ALICE, 'm.room.member', ALICE, { membership: 'join' });
  }

  /** The state with an event put in, made and authorised in that state. `ts`: by default later than all before. */
  set(state: StateMap, name: string, sender: string, type: string, stateKey: string, content: JsonObject, ts?: number): StateMap {
    const event = this.#make(`$${name}`, state, sender, type, stateKey, content, ['$create'], ts);
    const fault = authorizeMatrix(event, (t, k) => this.#at(state, t, k), this.version.flags, this.#context);
    if (fault !== null) throw new Error(`${name} is not allowed: ${fault.rule} ${fault.detail}`);
    return state.with([[type, stateKey, event.event_id]]);
  }

  join(state: StateMap, name: string, user: string): StateMap {
    return this.set(state, name, user, 'm.room.member', user, { membership: 'join' });
  }

  levels(
    state: StateMap,
    name: string,
    sender: string,
    users: Readonly<Record<string, number>>,
    more: JsonObject = {},
    ts?: number,
  ): StateMap {
    return this.set(state, name, sender, 'm.room.power_levels', '', { users: { ...users }, ...more }, ts);
  }

  event(name: string): RoomEvent {
    const event = this.#events.get(`$${name}`);
    if (event === undefined) throw new Error(`there is no ${name}`);
    return event;
  }

  rule(event: RoomEvent, state: StateMap): string | null {
    return authorizeMatrix(event, (t, k) => this.#at(state, t, k), this.version.flags, this.#context)?.rule ?? null;
  }

  /** An event that nobody asked whether it is allowed. */
  draft(state: StateMap, sender: string, type: string, stateKey: string | undefined, content: JsonObject): RoomEvent {
    return this.#make('$draft', state, sender, type, stateKey, content, ['$other']);
  }

  resolve(states: readonly StateMap[], trace?: V2Trace): StateMap {
    const { flags, switches } = this.version;
    const index = new MatrixAuthIndex(flags);
    const read = (id: string): RoomEvent => this.#events.get(id) as RoomEvent;
    for (const id of this.#events.keys()) index.add(id, read);
    return resolveMatrixStates(states, { index, rules: matrixV2Rules(index, flags, this.#context, read), switches }, trace);
  }

  #at(state: StateMap, type: string, stateKey: string): RoomEvent | undefined {
    const id = state.get(type, stateKey);
    return id === undefined ? undefined : this.#events.get(id);
  }

  #make(
    id: string,
    state: StateMap,
    sender: string,
    type: string,
    stateKey: string | undefined,
    content: JsonObject,
    prev: readonly string[],
    ts: number = this.#time++,
  ): RoomEvent {
    const blank: RoomEvent = {
      event_id: id,
      room_id: this.#id,
      type,
      sender,
      origin_ts: ts,
      content,
      state_key: stateKey,
      prev_events: prev,
      auth_events: [],
      guild_heads: [],
      signed_by: [],
      pdu: {},
      redacted: false,
    };
    const auth = matrixAuthTypes(blank, this.version.flags).flatMap(([t, k]) => state.get(t, k) ?? []);
    const event = { ...blank, auth_events: auth };
    if (id !== '$draft') this.#events.set(id, event);
    return event;
  }
}
