import { type AuthGraph, resolveV2, type V2Rules, type V2Switches, type V2Trace } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import { splitStateKey, StateMap, stateKeyOf } from '../state/state-map.ts';
import type { StateChange } from '../room/types.ts';

/** What resolving states of a Matrix room takes beside the states. */
export interface MatrixResolution {
  /** Holds every event of the states and all that authorised them. */
  readonly graph: AuthGraph;
  readonly event: (eventId: string) => RoomEvent;
  readonly rules: V2Rules<RoomEvent>;
  readonly switches: V2Switches;
}

/**
 * The resolution of several states of one room. Time beside the resolution itself: in proportion to the differences where the states share
 * structure (as those of one room's branches do), and one step for each unconflicted entry.
 */
export function resolveMatrixStates(states: readonly StateMap[], resolution: MatrixResolution, trace?: V2Trace): StateMap {
  const [first, ...others] = [...new Set(states)];
  if (first === undefined) return StateMap.EMPTY;
  const differing = new Set<string>();
  for (const other of others) for (const [type, stateKey] of first.changesTo(other)) differing.add(stateKeyOf(type, stateKey));
  if (differing.size === 0) return first;
  const unconflicted = first.with(Array.from(differing, (key): StateChange => [...splitStateKey(key), null]));
  const conflicted = [first, ...others].map((state) => Array.from(differing, (key) => state.at(key)).filter((id) => id !== undefined));
  const { graph, event, rules, switches } = resolution;
  const entries = resolveV2(
    {
      graph,
      event,
      conflicted,
      unconflicted: { at: (type, stateKey) => unconflicted.get(type, stateKey), ids: () => idsOf(unconflicted) },
    },
    rules,
    switches,
    trace,
  );
  return unconflicted.with(entries.map(({ type, stateKey, id }): StateChange => [type, stateKey, id]));
}

function* idsOf(state: StateMap): Generator<string> {
  for (const [, , id] of state.entries()) yield id;
}
