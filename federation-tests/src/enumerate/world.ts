import type { Act } from './base-guild.ts';

/** Events after the base, in the order of making; event n is bit n of a set. */
export interface World {
  readonly story: readonly string[];
  readonly ids: readonly string[];
  /** For each event the events before it. */
  readonly pasts: readonly number[];
}

export const NOTHING_YET: World = { story: [], ids: [], pasts: [] };

/** What is tried out: a way to judge and to resolve. `W` holds what it knows of one world. */
export interface Subject<W> {
  readonly acts: readonly Act[];
  /** ID of the last event of the base. */
  readonly baseEnd: string;
  readonly base: W;
  /** The event's ID and what is known with it; null if it is rejected. `world` is the one before it. */
  add(knowledge: W, world: World, act: Act, prev: readonly string[]): { readonly id: string; readonly knowledge: W } | null;
  /** What is wrong with a world: `invariant: what`. */
  faults(knowledge: W, world: World): readonly string[];
}

/** The base's end (the empty set), and every set of events of which none is before another. */
export function positions({ pasts }: World): number[] {
  const found = [0];
  for (let set = 1; set < 1 << pasts.length; set++)
    if (pasts.every((past, n) => (set & (1 << n)) === 0 || (set & past) === 0)) found.push(set);
  return found;
}

export function idsOf(set: number, { ids }: World): string[] {
  return ids.filter((_id, n) => (set & (1 << n)) !== 0);
}

/** The world with one more event at a position. */
export function grown(world: World, id: string, act: Act, position: number): World {
  const past = world.pasts.reduce((all, one, n) => ((position & (1 << n)) === 0 ? all : all | one), position);
  const after = position === 0 ? 'base' : world.ids.flatMap((_id, n) => ((position & (1 << n)) === 0 ? [] : [`e${n}`])).join(',');
  return {
    story: [...world.story, `e${world.ids.length}: ${act.name} after ${after}`],
    ids: [...world.ids, id],
    pasts: [...world.pasts, past],
  };
}

/** The events that no other has in its past; none if there are no events. */
export function headsOf({ ids, pasts }: World): number {
  return pasts.reduce((left, past) => left & ~past, (1 << ids.length) - 1);
}

/** In how many orders a world can be delivered. */
export function countOrders({ ids, pasts }: World): number {
  const ways: number[] = Array.from({ length: 1 << ids.length }, () => 0);
  ways[0] = 1;
  for (let set = 0; set < ways.length; set++)
    for (let n = 0; n < ids.length; n++)
      if ((set & (1 << n)) === 0 && ((pasts[n] as number) & ~set) === 0)
        ways[set | (1 << n)] = (ways[set | (1 << n)] as number) + (ways[set] as number);
  return ways[ways.length - 1] as number;
}
