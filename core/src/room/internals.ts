import { StateView } from '../auth/state-view.ts';
import type { RoomEvent } from '../event/types.ts';
import type { StateMap } from '../state/state-map.ts';
import type { RoomVersion } from '../version/room-version.ts';
import type { MatrixRules } from './matrix-rules.ts';
import type { Resolver } from './resolver.ts';
import type { RoomKind } from './types.ts';
import type { WorkingSet } from './working-set.ts';

/** What the functions that make up a room share. Only `enter` changes it. */
export interface Internals {
  readonly room_id: string;
  readonly kind: RoomKind;
  readonly version: RoomVersion;
  readonly guild: Internals | null;
  readonly workingSet: WorkingSet;
  readonly resolver: Resolver;
  /** The rules of a Matrix room version; null in native rooms. */
  readonly matrix: MatrixRules | null;
  /** Events of the history that no event of the history cites, sorted by UTF-8 bytes. */
  extremities: readonly string[];
}

export const CREATE_TYPES: Readonly<Record<RoomKind, string>> = {
  guild: 'm.guild.create',
  channel: 'm.channel.create',
  plain: 'm.room.create',
};

/** A room as far as its states can be read. */
export type Governor = Pick<Internals, 'kind' | 'workingSet'>;

/** Where a view finds its state. */
export interface StateRef {
  state: StateMap;
}

/** A state of this room as the auth rules read it. Reading an entry may turn out to be a need. */
export function viewOf(room: Governor, state: StateMap): StateView {
  return viewAt(room, { state });
}

/** The same of whatever state is there when an entry is asked for the first time. */
export function viewAt(room: Governor, at: StateRef): StateView {
  const eventAt = (type: string, stateKey: string): RoomEvent | undefined => {
    const id = at.state.get(type, stateKey);
    return id === undefined ? undefined : room.workingSet.one(id).event;
  };
  return new StateView(eventAt, eventAt(CREATE_TYPES[room.kind], ''));
}

/** The state by which events of this room are judged now: its own, or, for a channel, its guild's. */
export function governingView(room: Internals): StateView {
  const governor = room.guild ?? room;
  return viewOf(governor, governor.resolver.at(governor.extremities).state);
}
