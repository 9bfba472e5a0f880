import { resolveV2, type V2Rules, type V2Switches, type V2Trace } from '@openguild/state-resolution';
import { splitStateKey, StateMap, stateKeyOf } from '../state/state-map.ts';
import type { StateChange } from '../room/types.ts';
import type { MatrixAuthIndex } from './auth-index.ts';

/** What resolving states of a Matrix room takes beside the states. */
export interface MatrixResolution {
  /** Holds every event of the states and all that authorised them. */
  readonly index: MatrixAuthIndex;
  readonly rules: V2Rules;
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
  const { index, rules, switches } = resolution;
  const { graph } = index;
  const unconflicted = first.with(Array.from(differing, (key): StateChange => [...splitStateKey(key), null]));
  const conflicted = [first, ...others].map((state) => {
    const ids = Array.from(differing, (key) => state.at(key)).filter((id) => id !== undefined);
    return Int32Array.from(ids, (id) => graph.numberOf(id));
  });
  const input = {
    graph,
    conflicted,
    unconflicted: {
      at(key: number): number {
        const id = unconflicted.get(...graph.keyName(key));
        return id === undefined ? -1 : graph.numberOf(id);
      },
      events: () => Array.from(unconflicted.ids(), (id) => graph.numberOf(id)),
    },
  };
  const won = resolveV2(input, rules, switches, trace);
  return unconflicted.with(Array.from(won, (number): StateChange => [...graph.keyName(graph.keys[number] as number), graph.idOf(number)]));
}
