/** What the graph must know of an event that it does not hold yet. */
export interface AuthVertex {
  /** IDs of the events that authorise it, in its order. */
  readonly authEvents: readonly string[];
  readonly type: string;
  /** Empty for what is not state, which authorises nothing. */
  readonly stateKey: string;
}

const NONE = -1;

/**
 * Which events authorise which: the auth events of one room as small integers. Their (type, state key) pairs are small integers as well.
 *
 * Numbers rise along auth links: whatever an event cites has a smaller number. So one pass from high to low visits everything before what it
 * cites, with no recursion and no queue. The graph only grows, so a room may keep one for all its resolutions; it holds an ID, its links and three
 * integers for each event, and no event.
 */
export class AuthGraph {
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];
  #starts = new Int32Array(64);
  #targets = new Int32Array(256);
  #parents = new Int32Array(64);
  #keys = new Int32Array(64);
  readonly #keyNumbers = new Map<string, Map<string, number>>();
  readonly #keyNames: (readonly [type: string, stateKey: string])[] = [];
  readonly #mainlineKey: number;

  /** `mainline`: the pair whose chain of auth events is the mainline (of Matrix, the room's power levels). */
  constructor(mainline: readonly [type: string, stateKey: string]) {
    this.#mainlineKey = this.#addKey(...mainline);
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

  get mainlineKey(): number {
    return this.#mainlineKey;
  }

  get keyCount(): number {
    return this.#keyNames.length;
  }

  /** The integer of a pair, or -1 if no event here has it. */
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

  /**
   * Adds an event and all before it that is not here yet. `read` is asked once for each of those; it may throw (an event is not in memory), and the
   * graph is then as it was but for events that are complete. Throws if events cite each other in a circle. No recursion: a chain may be a million long.
   */
  add(id: string, read: (id: string) => AuthVertex): void {
    if (this.#numbers.has(id)) return;
    const path = [{ id, vertex: read(id), next: 0 }];
    const onPath = new Set([id]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { authEvents } = top.vertex;
      while (top.next < authEvents.length && this.#numbers.has(authEvents[top.next] as string)) top.next++;
      const missing = authEvents[top.next];
      if (missing === undefined) {
        this.#append(top.id, top.vertex);
        onPath.delete(top.id);
        path.pop();
      } else {
        if (onPath.has(missing)) throw new Error(`${missing} is among its own auth events`);
        onPath.add(missing);
        path.push({ id: missing, vertex: read(missing), next: 0 });
      }
    }
  }

  #append(id: string, vertex: AuthVertex): void {
    const number = this.#ids.length;
    const start = this.#starts[number] as number;
    const end = start + vertex.authEvents.length;
    if (number + 2 > this.#starts.length) {
      this.#starts = grown(this.#starts, number + 2);
      this.#parents = grown(this.#parents, number + 2);
      this.#keys = grown(this.#keys, number + 2);
    }
    if (end > this.#targets.length) this.#targets = grown(this.#targets, end);
    let parent = NONE;
    for (const [i, authEvent] of vertex.authEvents.entries()) {
      const target = this.#numbers.get(authEvent) as number;
      this.#targets[start + i] = target;
      if (parent === NONE && this.#keys[target] === this.#mainlineKey) parent = target;
    }
    this.#starts[number + 1] = end;
    this.#parents[number] = parent;
    this.#keys[number] = this.#addKey(vertex.type, vertex.stateKey);
    this.#numbers.set(id, number);
    this.#ids.push(id);
  }

  #addKey(type: string, stateKey: string): number {
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
}

function grown(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, array.length * 2));
  larger.set(array);
  return larger;
}
