import type { StateChange, StateEntry } from '@openguild/core';

/**
 * How states are kept: a state is a node with the changes that lead to it from another node, which need not be its predecessor.
 *
 * Node n of a chain (the empty state is node 0) holds the changes since node n & (n - 1), n with its lowest bit cleared. So node 8 holds what nodes 1 to 8
 * changed, node 9 only its own change, node 10 what 9 and 10 changed. A state is read in at most log2(n) steps, a new node is made from at most log2(n) nodes,
 * and a change is written about log2(n) / 2 times. Full copies at intervals would cost the size of the state every time: megabytes in a large guild.
 */
export interface StateNode<Ref> {
  /** Its place in its chain, from 1. Chains branch; two nodes may have the same place. */
  readonly seq: number;
  /** The node to which `changes` apply; null: the empty state. */
  readonly parent: Ref | null;
  /** At most one for each entry. */
  readonly changes: readonly StateChange[];
}

/** The node after `base` (null: after the empty state), where `delta` is what changes in between. */
export function nextNode<Ref>(base: Ref | null, delta: readonly StateChange[], load: (ref: Ref) => StateNode<Ref>): StateNode<Ref> {
  const previous = base === null ? 0 : load(base).seq;
  const target = withoutLowestBit(previous + 1);
  const spans: (readonly StateChange[])[] = [delta];
  let at = base;
  while (at !== null) {
    const node = load(at);
    if (node.seq === target) break;
    spans.push(node.changes);
    at = node.parent;
  }
  const changes = newest(spans);
  return { seq: previous + 1, parent: at, changes: at === null ? changes.filter(([, , id]) => id !== null) : changes };
}

/** All entries of a state. */
export function entriesOf<Ref>(ref: Ref | null, load: (ref: Ref) => StateNode<Ref>): StateEntry[] {
  const entries: StateEntry[] = [];
  /** What newer nodes have said something of: type -> state keys. */
  const newer = new Map<string, Set<string>>();
  for (let at = ref; at !== null; ) {
    const { changes, parent } = load(at);
    for (const change of changes)
      if (change[2] !== null && newer.get(change[0])?.has(change[1]) !== true) entries.push(change as StateEntry);
    at = parent;
    // Nothing is older than the last node, which is the largest by far: what it says need not be remembered. No node says two things of one entry.
    if (at !== null) for (const [type, key] of changes) keysOf(newer, type).add(key);
  }
  return entries;
}

function keysOf(map: Map<string, Set<string>>, type: string): Set<string> {
  const known = map.get(type);
  if (known !== undefined) return known;
  const made = new Set<string>();
  map.set(type, made);
  return made;
}

/** The last change of every entry; spans are given newest first. */
function newest(spans: readonly (readonly StateChange[])[]): StateChange[] {
  const [only] = spans;
  if (spans.length === 1 && only !== undefined && only.length < 2) return [...only];
  const last = new Map<string, StateChange>();
  for (const span of spans.toReversed()) for (const change of span) last.set(entryKey(change[0], change[1]), change);
  return [...last.values()];
}

/** The length comes first, so that no type and state key together look like another pair. */
function entryKey(type: string, stateKey: string): string {
  return `${type.length}:${type}${stateKey}`;
}

/** Without bit operators: they stop at 2^31. */
function withoutLowestBit(n: number): number {
  let bit = 1;
  while (n % (bit * 2) === 0) bit *= 2;
  return n - bit;
}
