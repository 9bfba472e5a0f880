import type { Ancestry } from './ancestry.ts';
import { compareUtf8 } from './byte-order.ts';
import type { HierarchicalRules, Node, WinBy } from './types.ts';

/** The winner among events of one key, with what decided. */
export interface KeyValue {
  readonly winner: number;
  readonly wonBy: WinBy;
  /** The causally last events and their weights; one alone has none. */
  readonly last: ReadonlyMap<number, number | null>;
}

/**
 * RES-3. The value of a key over a set of events of that key: the causally last. Among several concurrent last ones a ban beats
 * other memberships; then weight; then the later `origin_ts`; then the greater ID by UTF-8 bytes.
 *
 * `candidates`: numbers of events of one key, ascending. Undefined if there is none.
 */
export function valueOf<E>(candidates: readonly number[], ancestry: Ancestry<Node<E>>, rules: HierarchicalRules<E>): KeyValue | undefined {
  const ends = ancestry.lastOf(candidates);
  const [first, second] = ends;
  if (first === undefined) return undefined;
  if (second === undefined) return { winner: first, wonBy: 'causally-last', last: new Map([[first, null]]) };
  const isEnd = new Set(ends);
  const earlier = candidates.filter((candidate) => !isEnd.has(candidate));
  const last = new Map(ends.map((end) => [end, weightOf(end, ends, earlier, ancestry)]));
  const node = (number: number): Node<E> => ancestry.states[number] as Node<E>;
  const criteria: readonly (readonly [WinBy, (a: number, b: number) => number])[] = [
    ['ban', (a, b) => Number(rules.outranksAnyWeight(node(a).event)) - Number(rules.outranksAnyWeight(node(b).event))],
    ['weight', (a, b) => (last.get(a) as number) - (last.get(b) as number)],
    ['later-ts', (a, b) => node(a).originTs - node(b).originTs],
    ['greater-id', (a, b) => compareUtf8(node(a).id, node(b).id)],
  ];
  const deciding = (a: number, b: number): readonly [WinBy, number] => {
    for (const [name, compare] of criteria) {
      const order = compare(a, b);
      if (order !== 0) return [name, order];
    }
    throw new Error('two events with one ID');
  };
  ends.sort((a, b) => -deciding(a, b)[1]);
  const [winner, runnerUp] = ends as [number, number];
  return { winner, wonBy: deciding(winner, runnerUp)[0], last };
}

/**
 * RES-2. The weight of a last event: the highest rank among itself and those events of the set that it descends from and that not
 * all last ones descend from.
 */
function weightOf<E>(end: number, ends: readonly number[], earlier: readonly number[], ancestry: Ancestry<Node<E>>): number {
  let weight = (ancestry.states[end] as Node<E>).rank;
  for (const candidate of earlier) {
    const rank = (ancestry.states[candidate] as Node<E>).rank;
    if (rank <= weight || !ancestry.precedes(candidate, end)) continue;
    if (!ends.every((other) => ancestry.precedes(candidate, other))) weight = rank;
  }
  return weight;
}
