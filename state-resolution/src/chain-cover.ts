/** A clock has a cell for each chain up to the last that it reaches; small regions may have that many cells whatever their shape. */
const ALWAYS_AFFORDED = 1 << 16;

/** A DAG by integers: what `v` cites are `targets[i]` for `starts[v] <= i < starts[v + 1]`, all smaller than `v`. */
export interface CausalLinks {
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/**
 * A DAG as chains, in each of which every event has the one before it in its past; and for each event how far each chain lies in its past (its *clock*).
 *
 * An event that follows one of its own chain, and nothing new, shares that one's clock. So forks of however many events cost a few clocks, and a star of
 * concurrent events costs none.
 */
export class ChainCover {
  /** By event: its chain, and its place there, from 1. */
  readonly chains: Int32Array;
  readonly places: Int32Array;
  readonly #clocks: Int32Array;
  readonly #lengths: Int32Array;
  #cells = new Int32Array(256);
  #used = 0;

  private constructor(size: number) {
    this.chains = new Int32Array(size);
    this.places = new Int32Array(size);
    this.#clocks = new Int32Array(size);
    this.#lengths = new Int32Array(size);
  }

  /** Undefined if the clocks would take more than `maxCells` integers (and more than a small region may in any case). */
  static of({ starts, targets }: CausalLinks, maxCells: number): ChainCover | undefined {
    const size = starts.length - 1;
    const cover = new ChainCover(size);
    /** The last event of each chain. */
    const ends: number[] = [];
    for (let v = 0; v < size; v++) {
      const cited = targets.subarray(starts[v], starts[v + 1]);
      const before = cited.find((c) => ends[cover.chains[c] as number] === c);
      const chain = before === undefined ? ends.length : (cover.chains[before] as number);
      ends[chain] = v;
      cover.chains[v] = chain;
      cover.places[v] = before === undefined ? 1 : (cover.places[before] as number) + 1;
      cover.#setClock(v, cited, before);
      if (cover.#used > Math.max(maxCells, ALWAYS_AFFORDED)) return undefined;
    }
    return cover;
  }

  /** How far a chain lies in the past of an event: the place of the last event of it there; 0 if none does. */
  reach(v: number, chain: number): number {
    if (this.chains[v] === chain) return (this.places[v] as number) - 1;
    return chain < (this.#lengths[v] as number) ? (this.#cells[(this.#clocks[v] as number) + chain] as number) : 0;
  }

  /** No chain from here on lies in the past of an event, but for its own. */
  reachedUpTo(v: number): number {
    return this.#lengths[v] as number;
  }

  #setClock(v: number, cited: Int32Array, before: number | undefined): void {
    if (cited.length === 0) return;
    if (before !== undefined && cited.every((c) => c === before || this.#precedes(c, before))) {
      this.#clocks[v] = this.#clocks[before] as number;
      this.#lengths[v] = this.#lengths[before] as number;
      return;
    }
    let length = 0;
    for (const c of cited) length = Math.max(length, this.#lengths[c] as number, (this.chains[c] as number) + 1);
    const start = this.#used;
    this.#reserve(length);
    const cells = this.#cells;
    for (const c of cited) {
      const from = this.#clocks[c] as number;
      for (let i = 0; i < (this.#lengths[c] as number); i++) {
        if ((cells[from + i] as number) > (cells[start + i] as number)) cells[start + i] = cells[from + i] as number;
      }
      const own = start + (this.chains[c] as number);
      cells[own] = Math.max(cells[own] as number, this.places[c] as number);
    }
    this.#clocks[v] = start;
    this.#lengths[v] = length;
  }

  #precedes(a: number, b: number): boolean {
    return (this.places[a] as number) <= this.reach(b, this.chains[a] as number);
  }

  #reserve(length: number): void {
    this.#used += length;
    if (this.#used <= this.#cells.length) return;
    const before = this.#cells;
    this.#cells = new Int32Array(Math.max(this.#used, before.length * 2));
    this.#cells.set(before);
  }
}
