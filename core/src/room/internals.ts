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

/** A state of this room as the auth rules read it. Reading an entry may turn out to be a need. */
export function viewOf(room: Internals, state: StateMap): StateView {
  const eventAt = (type: string, stateKey: string): RoomEvent | undefined => {
    const id = state.get(type, stateKey);
    return id === undefined ? undefined : room.workingSet.one(id).event;
  };
  return new StateView(eventAt, eventAt(CREATE_TYPES[room.kind], ''));
}

/** Entries that a view which is kept may have read: of a state of a large guild it is to hold no copy. */
const MAX_KEPT_READS = 4_096;

/** The last view of each room's states, since most events are judged by the state of the one before. */
const kept = new WeakMap<WorkingSet, { readonly state: StateMap; readonly view: StateView }>();

/** The same as `viewOf`, for judging alone: what others read of it before is among its reads. */
export function judgingView(room: Internals, state: StateMap): StateView {
  const last = kept.get(room.workingSet);
  if (last?.state === state && last.view.reads().length < MAX_KEPT_READS) return last.view;
  const view = viewOf(room, state);
  kept.set(room.workingSet, { state, view });
  return view;
}

/** The state by which events of this room are judged now: its own, or, for a channel, its guild's. */
export function governingView(room: Internals): StateView {
  const governor = room.guild ?? room;
  return viewOf(governor, governor.resolver.at(governor.extremities).state);
}
