/**
 * A map that forgets what was not used for long: it holds at most `limit` entries, and always the half of that which was used last. Entries are in two maps; when the
 * newer is half full it becomes the older, whose entries are forgotten unless they were used meanwhile. So a use of what is in the newer moves nothing.
 */
export class LruMap<K, V> {
  readonly #half: number;
  #newer = new Map<K, V>();
  #older = new Map<K, V>();

  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  get(key: K): V | undefined {
    const value = this.#newer.get(key);
    if (value !== undefined) return value;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    this.#newer.set(key, value);
    if (this.#newer.size < this.#half) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }
}
