import type { StateView } from '../auth/state-view.ts';
import type { StateMap } from '../state/state-map.ts';
import { type Governor, type Internals, type StateRef, viewAt } from './internals.ts';
import type { WorkingSet } from './working-set.ts';

/**
 * What a view is kept for. Judging a room's own events reads just what these change, and would spoil the channels' view; what channel events cite and what
 * is present are two states, between which one view would go to and fro.
 */
export type ViewUse = 'own' | 'channels-past' | 'channels-present' | 'asked';

/** Entries that a view which is kept may have read: of a state of a large guild it is to hold no copy. */
const MAX_KEPT_READS = 4_096;
/** Places of two states that are compared at most: about what a dozen joins in a guild of 100,000 members differ in. */
export const MAX_COMPARED = 256;

interface Kept {
  readonly view: StateView;
  /** Where the view reads. */
  readonly at: StateRef;
}

const kept = new WeakMap<WorkingSet, Map<ViewUse, Kept>>();

/**
 * The same as `viewOf`, for judging alone: what others read of it before is among its reads, and it is valid only until the next is asked for.
 *
 * Most events are judged by the state of the one before, or by one that differs from it in nothing that judging reads: a busy guild's members come and go,
 * and its channels ask for other entries. Such a view is carried over: what it has read is the same in both states, and so is all that was worked out from
 * that; what it has not read yet it reads from the new one.
 */
export function judgingView(room: Governor, state: StateMap, use: ViewUse): StateView {
  let ofRoom = kept.get(room.workingSet);
  if (ofRoom === undefined) kept.set(room.workingSet, (ofRoom = new Map()));
  const last = ofRoom.get(use);
  if (last !== undefined && last.view.reads().length < MAX_KEPT_READS && carry(last, state)) return last.view;
  const at = { state };
  const view = viewAt(room, at);
  ofRoom.set(use, { view, at });
  return view;
}

/** The state by which events of this room are judged now, for questions about it: who is admitted, who may do what. Mostly it is the state of the last question. */
export function askedView(room: Internals): StateView {
  const governor = room.guild ?? room;
  return judgingView(governor, governor.resolver.at(governor.extremities).state, 'asked');
}

/** An event of the state has come whole that was redacted before: whatever was read of it is read again. */
export function forgetViews({ workingSet }: Internals): void {
  kept.delete(workingSet);
}

/** Lets a view read another state, if it would have read the same there so far. */
function carry({ view, at }: Kept, state: StateMap): boolean {
  if (at.state === state) return true;
  const changes = view.create === undefined ? null : at.state.changesWithin(MAX_COMPARED, state);
  if (changes === null || changes.some(([type, key]) => type === view.create?.type || view.hasRead(type, key))) return false;
  at.state = state;
  return true;
}
