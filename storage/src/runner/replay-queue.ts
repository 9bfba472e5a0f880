/** Other copies that may go before the next that was put off, while any wait. */
const PATIENCE = 100;

/** Ends a turn. */
export type Release = () => void;

/**
 * ENG-16. Copies whose judgement replays very much wait here: one of them is judged at a time, one of each origin in turn, and while other copies are under way
 * only after every so many of these.
 */
export class ReplayQueue {
  readonly #perOrigin: number;
  readonly #total: number;
  /** Origin -> who waits, the first first. The origin whose turn is next comes first. */
  readonly #waiting = new Map<string, ((release: Release) => void)[]>();
  #size = 0;
  #busy = false;
  /** Other copies that are being received or wait for their room. */
  #others = 0;
  /** Others that were done since the last turn began. */
  #passed = 0;

  constructor(limits: { readonly putOffPerOrigin: number; readonly putOffTotal: number }) {
    this.#perOrigin = limits.putOffPerOrigin;
    this.#total = limits.putOffTotal;
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Work with copies that were not put off. */
  async besides<T>(work: () => Promise<T>): Promise<T> {
    this.#others += 1;
    try {
      return await work();
    } finally {
      this.#others -= 1;
      this.#passed += 1;
      this.#next();
    }
  }

  /** Waits for a turn; null if too many wait already. */
  turn(origin: string): Promise<Release> | null {
    const ofOrigin = this.#waiting.get(origin) ?? [];
    if (ofOrigin.length >= this.#perOrigin || this.#size >= this.#total) return null;
    return new Promise((resolve) => {
      this.#waiting.set(origin, [...ofOrigin, resolve]);
      this.#size += 1;
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy || (this.#others > 0 && this.#passed < PATIENCE)) return;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [origin, [resolve, ...rest]] = first;
    this.#waiting.delete(origin);
    if (rest.length > 0) this.#waiting.set(origin, rest);
    this.#size -= 1;
    this.#busy = true;
    this.#passed = 0;
    resolve?.(() => {
      this.#busy = false;
      this.#next();
    });
  }
}
