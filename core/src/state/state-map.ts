import { utf16Compare } from '../json/utf8-order.ts';
import type { StateChange, StateEntry } from '../room/types.ts';

/** A node of a persistent AVL tree: never changed once made, so states share all that they have in common. */
interface Node {
  readonly key: string;
  readonly value: string;
  readonly left: Node | null;
  readonly right: Node | null;
  readonly height: number;
  readonly size: number;
}

type Pair = Pick<Node, 'key' | 'value'>;

const SEPARATOR = '\u0000';
/**
 * Stands for U+0000 in a type, which Matrix rooms allow there (MXB-6): half of a surrogate pair, which alone is in no well-formed text. So the first U+0000 of a key is the
 * separator, and no two pairs are one key.
 */
const NUL_IN_TYPE = '\ud800';
const NULS_IN_TYPE = /\ud800(?![\udc00-\udfff])/g;

/** The one form in which a (type, state key) pair, both well-formed, is a single string. */
export function stateKeyOf(type: string, stateKey: string): string {
  return prefixOf(type) + stateKey;
}

function prefixOf(type: string): string {
  return (type.includes(SEPARATOR) ? type.replaceAll(SEPARATOR, NUL_IN_TYPE) : type) + SEPARATOR;
}

/** The pair that `stateKeyOf` joined. */
export function splitStateKey(key: string): readonly [type: string, stateKey: string] {
  const at = key.indexOf(SEPARATOR);
  const type = key.slice(0, at);
  return [type.includes(NUL_IN_TYPE) ? type.replace(NULS_IN_TYPE, SEPARATOR) : type, key.slice(at + 1)];
}

/**
 * A room's state: (type, state key) to event ID. Immutable; `with` returns a new map that shares what did not change.
 *
 * A balanced tree ordered by key rather than a hash trie: keys are chosen by strangers, and no choice of keys makes it slow.
 */
export class StateMap {
  static readonly EMPTY = new StateMap(null);
  readonly #root: Node | null;

  private constructor(root: Node | null) {
    this.#root = root;
  }

  /** Of two entries with one key the later counts. O(n) where they ascend by key, as those of `entries` do, else O(n · log n). */
  static from(entries: Iterable<StateEntry>): StateMap {
    const sorted: Pair[] = [];
    let ascending = true;
    for (const [type, stateKey, value] of entries) {
      const key = stateKeyOf(type, stateKey);
      const last = sorted.at(-1);
      if (last !== undefined && last.key >= key) ascending = false;
      sorted.push({ key, value });
    }
    if (ascending) return new StateMap(built(sorted, 0, sorted.length));
    sorted.sort((a, b) => utf16Compare(a.key, b.key));
    // Sorting keeps the order of those with one key.
    const last = sorted.filter(({ key }, i) => sorted[i + 1]?.key !== key);
    return new StateMap(built(last, 0, last.length));
  }

  get size(): number {
    return this.#root?.size ?? 0;
  }

  /** The event that holds this entry. O(log n). */
  get(type: string, stateKey: string): string | undefined {
    return this.at(stateKeyOf(type, stateKey));
  }

  /** The same by a key made with `stateKeyOf`. */
  at(key: string): string | undefined {
    let node = this.#root;
    while (node !== null) {
      if (key === node.key) return node.value;
      node = key < node.key ? node.left : node.right;
    }
    return undefined;
  }

  /** This state with some entries set or (null) taken away. O(changes · log n). */
  with(changes: Iterable<StateChange>): StateMap {
    let root = this.#root;
    for (const [type, stateKey, eventId] of changes) {
      const key = stateKeyOf(type, stateKey);
      root = eventId === null ? remove(root, key) : insert(root, key, eventId);
    }
    return root === this.#root ? this : new StateMap(root);
  }

  /** What must change to turn this state into `other`. O(differences · log n) where they share structure. */
  changesTo(other: StateMap): StateChange[] {
    return this.changesWithin(Infinity, other) as StateChange[];
  }

  /** The same, or null if more than `most` places would have to be compared: states that share little are not worth it. */
  changesWithin(most: number, other: StateMap): StateChange[] | null {
    const found: Comparison = { changes: [], left: most };
    return collectChanges(this.#root, other.#root, found) ? found.changes : null;
  }

  *entries(): Generator<StateEntry> {
    for (const node of inOrder(this.#root)) {
      const [type, stateKey] = splitStateKey(node.key);
      yield [type, stateKey, node.value];
    }
  }

  /** The events that hold the entries, in the order of `entries`. */
  *ids(): Generator<string> {
    for (const node of inOrder(this.#root)) yield node.value;
  }

  /** Entries of one type, in the order of their state keys' UTF-16 code units. O(log n + found). */
  *ofType(type: string): Generator<readonly [stateKey: string, eventId: string]> {
    const prefix = prefixOf(type);
    for (const node of withPrefix(this.#root, prefix)) yield [node.key.slice(prefix.length), node.value];
  }
}

function height(node: Node | null): number {
  return node === null ? 0 : node.height;
}

function make(key: string, value: string, left: Node | null, right: Node | null): Node {
  const height = Math.max(left?.height ?? 0, right?.height ?? 0) + 1;
  return { key, value, left, right, height, size: (left?.size ?? 0) + (right?.size ?? 0) + 1 };
}

/** Strictly ascending keys as a tree: halved again and again, so that the sides of a node differ by one at most, in size and in height. */
function built(sorted: readonly Pair[], from: number, to: number): Node | null {
  if (from === to) return null;
  const middle = (from + to) >>> 1;
  const { key, value } = sorted[middle] as Pair;
  return make(key, value, built(sorted, from, middle), built(sorted, middle + 1, to));
}

function rotateLeft(node: Node): Node {
  const up = node.right as Node;
  return make(up.key, up.value, make(node.key, node.value, node.left, up.left), up.right);
}

function rotateRight(node: Node): Node {
  const up = node.left as Node;
  return make(up.key, up.value, up.left, make(node.key, node.value, up.right, node.right));
}

/** A node whose sides differ by at most two in height, brought back to at most one. */
function balance(node: Node): Node {
  const lean = height(node.left) - height(node.right);
  if (lean > 1) {
    const left = node.left as Node;
    return rotateRight(height(left.left) >= height(left.right) ? node : make(node.key, node.value, rotateLeft(left), node.right));
  }
  if (lean < -1) {
    const right = node.right as Node;
    return rotateLeft(height(right.right) >= height(right.left) ? node : make(node.key, node.value, node.left, rotateRight(right)));
  }
  return node;
}

function insert(node: Node | null, key: string, value: string): Node {
  if (node === null) return make(key, value, null, null);
  if (key === node.key) return value === node.value ? node : make(key, value, node.left, node.right);
  if (key < node.key) {
    const left = insert(node.left, key, value);
    return left === node.left ? node : balance(make(node.key, node.value, left, node.right));
  }
  const right = insert(node.right, key, value);
  return right === node.right ? node : balance(make(node.key, node.value, node.left, right));
}

function remove(node: Node | null, key: string): Node | null {
  if (node === null) return null;
  if (key < node.key) {
    const left = remove(node.left, key);
    return left === node.left ? node : balance(make(node.key, node.value, left, node.right));
  }
  if (key > node.key) {
    const right = remove(node.right, key);
    return right === node.right ? node : balance(make(node.key, node.value, node.left, right));
  }
  if (node.left === null) return node.right;
  if (node.right === null) return node.left;
  let next = node.right;
  while (next.left !== null) next = next.left;
  return balance(make(next.key, next.value, node.left, remove(node.right, next.key)));
}

/** Two balanced trees and a key between them as one balanced tree. */
function join(left: Node | null, key: string, value: string, right: Node | null): Node {
  if (height(left) > height(right) + 1) {
    const l = left as Node;
    return balance(make(l.key, l.value, l.left, join(l.right, key, value, right)));
  }
  if (height(right) > height(left) + 1) {
    const r = right as Node;
    return balance(make(r.key, r.value, join(left, key, value, r.left), r.right));
  }
  return make(key, value, left, right);
}

interface Split {
  readonly left: Node | null;
  readonly found: Node | null;
  readonly right: Node | null;
}

function split(node: Node | null, key: string): Split {
  if (node === null) return { left: null, found: null, right: null };
  if (key === node.key) return { left: node.left, found: node, right: node.right };
  if (key < node.key) {
    const s = split(node.left, key);
    return { left: s.left, found: s.found, right: join(s.right, node.key, node.value, node.right) };
  }
  const s = split(node.right, key);
  return { left: join(node.left, node.key, node.value, s.left), found: s.found, right: s.right };
}

interface Comparison {
  readonly changes: StateChange[];
  /** Nodes that may still be compared. */
  left: number;
}

/** Shared subtrees are the same object and are skipped whole. False: there is more to compare than was allowed. */
function collectChanges(from: Node | null, to: Node | null, found: Comparison): boolean {
  if (from === to) return true;
  found.left -= from === null ? (to as Node).size : 1;
  if (found.left < 0) return false;
  if (from === null) {
    for (const node of inOrder(to)) found.changes.push([...splitStateKey(node.key), node.value]);
    return true;
  }
  const {
    left,
    found: same,
    right,
  } = to !== null && to.key === from.key ? { left: to.left, found: to, right: to.right } : split(to, from.key);
  if (!collectChanges(from.left, left, found)) return false;
  if (same === null) found.changes.push([...splitStateKey(from.key), null]);
  else if (same.value !== from.value) found.changes.push([...splitStateKey(from.key), same.value]);
  return collectChanges(from.right, right, found);
}

/** One generator for the whole tree: one per node would hand every node up through all that are above it. */
function* inOrder(root: Node | null): Generator<Node> {
  const above: Node[] = [];
  let at = root;
  for (;;) {
    for (; at !== null; at = at.left) above.push(at);
    const next = above.pop();
    if (next === undefined) return;
    yield next;
    at = next.right;
  }
}

function* withPrefix(node: Node | null, prefix: string): Generator<Node> {
  if (node === null) return;
  const inside = node.key.startsWith(prefix);
  if (inside || node.key > prefix) yield* withPrefix(node.left, prefix);
  if (inside) yield node;
  if (inside || node.key < prefix) yield* withPrefix(node.right, prefix);
}
