import type { HierarchicalRules, Node, Resolution, ResolutionTrace } from '../src/index.ts';
import { resolveHierarchical } from '../src/index.ts';

/**
 * Events of a toy room, as small as rules can be: an event may need that the value of some key has a mark.
 *
 * `set`: its key. `mark`: what its value says. `needs`: `[key, mark]` that must hold where it is judged. `power`: it is a power event.
 */
export interface Toy {
  readonly id: string;
  readonly set: string;
  readonly mark: string;
  readonly needs?: readonly (readonly [key: string, mark: string])[];
  readonly power?: boolean;
  readonly ban?: boolean;
  readonly with?: readonly Toy[];
}

export interface ToyNode extends Toy {
  readonly after?: readonly string[];
  readonly rank: number;
  readonly ts?: number;
  readonly voidBefore?: readonly string[];
}

export const TOY_RULES: HierarchicalRules<Toy> = {
  authorize(event, lookup, onRead) {
    for (const [key, mark] of event.needs ?? []) {
      onRead(key);
      const found = lookup(key)?.mark;
      if (found !== mark) return { rule: 'TOY-1', detail: `${event.id} needs ${key}=${mark}, found ${found ?? 'nothing'}` };
    }
    return null;
  },
  isPowerEvent: (event) => event.power ?? false,
  companions: (event) => event.with ?? [],
  outranksAnyWeight: (event) => event.ban ?? false,
  keyOf: (event) => event.set,
};

export function node(toy: ToyNode): Node<Toy> {
  return {
    id: toy.id,
    event: toy,
    prev: toy.after ?? ['cut'],
    key: toy.set === '' ? undefined : toy.set,
    rank: toy.rank,
    originTs: toy.ts ?? 0,
    voidBefore: new Set(toy.voidBefore ?? []),
  };
}

/** Resolves a region over a base of `key: mark`. */
export function resolveToys(base: Readonly<Record<string, string>>, toys: readonly ToyNode[], trace?: ResolutionTrace): Resolution<Toy> {
  const at = (key: string): Toy | undefined => {
    const mark = base[key];
    return mark === undefined ? undefined : { id: 'cut', set: key, mark };
  };
  return resolveHierarchical({ region: toys.map(node), base: at }, TOY_RULES, trace);
}

/** The changes as `key=mark`, sorted. */
export function marks(resolution: Resolution<Toy>): string {
  const all = Array.from(resolution.changes, ([key, toy]) => `${key}=${toy.mark}`);
  return all.sort((a, b) => (a < b ? -1 : 1)).join(' ');
}
