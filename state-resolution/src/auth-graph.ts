/** What the graph must know of an event that it does not hold yet. */
export interface AuthVertex {
  /** IDs of the events that authorise it, in its order. */
  readonly authEvents: readonly string[];
  readonly type: string;
  /** Empty for what is not state, which authorises nothing. */
  readonly stateKey: string;
  /** Milliseconds since 1970, as its author says: an integer. */
  readonly originTs: number;
  /** May it take away what somebody may do? */
  readonly isPower: boolean;
}

const NONE = -1;

/**
 * Which events authorise which: the auth events of one room as small integers. Their (type, state key) pairs are small integers as well.
 *
 * Numbers rise along auth links: whatever an event cites has a smaller number. So one pass from high to low visits everything before what it
 * cites, with no recursion and no queue. The graph only grows, so a room may keep one for all its resolutions; it holds an ID, its links, its time and three
 * small integers for each event, in one array each, and no event. So a resolution reads some fifty bytes of an event, which lie beside those of its neighbours, where an event
 * as an object is a dozen places in memory: at 10,000 events that is the difference between a cache that holds everything and one that holds nothing.
 *
 * A rejected event is never in a graph: what cites one is itself rejected, so none can authorise anything here.
 */
export class AuthGraph {
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];
  #starts = new Int32Array(64);
  #targets = new Int32Array(256);
  #parents = new Int32Array(64);
  #keys = new Int32Array(64);
  #stamps = new Float64Array(64);
  #powers = new Uint8Array(64);
  readonly #keyNumbers = new Map<string, Map<string, number>>();
  readonly #keyNames: (readonly [type: string, stateKey: string])[] = [];
  readonly #mainlineKey: number;

  /** `mainline`: the pair whose chain of auth events is the mainline (of Matrix, the room's power levels). */
  constructor(mainline: readonly [type: string, stateKey: string]) {
    this.#mainlineKey = this.key(...mainline);
  }

  get size(): number {
    return this.#ids.length;
  }

  /** Number `n` cites `targets[i]` for `starts[n] <= i < starts[n + 1]`. Valid until the next event is added, as are the other arrays. */
  get starts(): Int32Array {
    return this.#starts;
  }

  get targets(): Int32Array {
    return this.#targets;
  }

  /** For each number the first mainline event among its auth events, or -1. */
  get parents(): Int32Array {
    return this.#parents;
  }

  /** For each number the integer of its pair. */
  get keys(): Int32Array {
    return this.#keys;
  }

  /** For each number its time stamp. */
  get stamps(): Float64Array {
    return this.#stamps;
  }

  /** For each number whether it is a power event: 1 or 0. */
  get powers(): Uint8Array {
    return this.#powers;
  }

  get mainlineKey(): number {
    return this.#mainlineKey;
  }

  get keyCount(): number {
    return this.#keyNames.length;
  }

  /** The integer of a pair, or -1 if it has none yet. */
  keyFor(type: string, stateKey: string): number {
    return this.#keyNumbers.get(type)?.get(stateKey) ?? NONE;
  }

  keyName(key: number): readonly [type: string, stateKey: string] {
    return this.#keyNames[key] as readonly [string, string];
  }

  has(id: string): boolean {
    return this.#numbers.has(id);
  }

  /** Throws if the event is not here: a resolution is given the graph of everything it is about. */
  numberOf(id: string): number {
    const number = this.#numbers.get(id);
    if (number === undefined) throw new Error(`${id} is not in the auth graph`);
    return number;
  }

  idOf(number: number): string {
    return this.#ids[number] as string;
  }

  /** The first of an event's auth events that has a key, or -1. */
  authEvent(number: number, key: number): number {
    const end = this.#starts[number + 1] as number;
    for (let i = this.#starts[number] as number; i < end; i++) {
      const target = this.#targets[i] as number;
      if (this.#keys[target] === key) return target;
    }
    return NONE;
  }

  /**
   * Adds an event and all before it that is not here yet. `read` is asked once for each of those; it may throw (an event is not in memory), and the
   * graph is then as it was but for events that are complete. Throws if events cite each other in a circle. No recursion: a chain may be a million long.
   *
   * `added` is told of each as soon as it has a number: for what a caller keeps of events beside the graph.
   */
  add<V extends AuthVertex>(id: string, read: (id: string) => V, added?: (number: number, vertex: V) => void): void {
    if (this.#numbers.has(id)) return;
    const path = [{ id, vertex: read(id), next: 0 }];
    const onPath = new Set([id]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { authEvents } = top.vertex;
      while (top.next < authEvents.length && this.#numbers.has(authEvents[top.next] as string)) top.next++;
      const missing = authEvents[top.next];
      if (missing === undefined) {
        const number = this.#append(top.id, top.vertex);
        added?.(number, top.vertex);
        onPath.delete(top.id);
        path.pop();
      } else {
        if (onPath.has(missing)) throw new Error(`${missing} is among its own auth events`);
        onPath.add(missing);
        path.push({ id: missing, vertex: read(missing), next: 0 });
      }
    }
  }

  /** The integer of a pair, which gets one if it has none. */
  key(type: string, stateKey: string): number {
    let ofType = this.#keyNumbers.get(type);
    if (ofType === undefined) this.#keyNumbers.set(type, (ofType = new Map()));
    let key = ofType.get(stateKey);
    if (key === undefined) {
      key = this.#keyNames.length;
      ofType.set(stateKey, key);
      this.#keyNames.push([type, stateKey]);
    }
    return key;
  }

  #append(id: string, vertex: AuthVertex): number {
    const number = this.#ids.length;
    const start = this.#starts[number] as number;
    const end = start + vertex.authEvents.length;
    if (number + 2 > this.#starts.length) {
      const length = Math.max(number + 2, this.#starts.length * 2);
      this.#starts = copyTo(new Int32Array(length), this.#starts);
      this.#parents = copyTo(new Int32Array(length), this.#parents);
      this.#keys = copyTo(new Int32Array(length), this.#keys);
      this.#stamps = copyTo(new Float64Array(length), this.#stamps);
      this.#powers = copyTo(new Uint8Array(length), this.#powers);
    }
    if (end > this.#targets.length) this.#targets = copyTo(new Int32Array(Math.max(end, this.#targets.length * 2)), this.#targets);
    let parent = NONE;
    for (const [i, authEvent] of vertex.authEvents.entries()) {
      const target = this.#numbers.get(authEvent) as number;
      this.#targets[start + i] = target;
      if (parent === NONE && this.#keys[target] === this.#mainlineKey) parent = target;
    }
    this.#starts[number + 1] = end;
    this.#parents[number] = parent;
    this.#keys[number] = this.key(vertex.type, vertex.stateKey);
    this.#stamps[number] = vertex.originTs;
    this.#powers[number] = vertex.isPower ? 1 : 0;
    this.#numbers.set(id, number);
    this.#ids.push(id);
    return number;
  }
}

function copyTo<A extends Int32Array | Float64Array | Uint8Array>(larger: A, array: A): A {
  larger.set(array);
  return larger;
}
