/**
 * Numbers that depend on a seed and on nothing else (xoshiro128**, seeded by splitmix32 over the seed's UTF-16 units). Not for secrets.
 */
export class Random {
  readonly #state: [number, number, number, number];
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
    let mixed = 0x9e3779b9;
    for (let i = 0; i < seed.length; i++) mixed = Math.imul(mixed ^ seed.charCodeAt(i), 0x85ebca6b) ^ (mixed >>> 13);
    const next = (): number => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let z = mixed ^ (mixed >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#state = [next(), next(), next(), next() | 1];
  }

  /** An independent stream: drawing from one does not move the other, so that adding a draw in one place leaves the rest of a run alone. */
  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** 0 to 2^32 - 1 */
  next(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** 0 to `below` - 1 */
  int(below: number): number {
    return Math.floor((this.next() / 2 ** 32) * below);
  }

  /** Both ends included. */
  between(min: number, max: number): number {
    return min + this.int(max - min + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[this.int(list.length)] as T;
  }

  /** By weights; those of weight 0 never. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = (this.next() / 2 ** 32) * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return (entries.find(([, weight]) => weight > 0) ?? (entries[0] as [T, number]))[0];
  }

  shuffled<T>(list: readonly T[]): T[] {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }

  /** About exponentially distributed, at most 20 times the mean. */
  exponential(mean: number): number {
    return Math.min(20 * mean, -Math.log(1 - this.next() / 2 ** 32) * mean);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}
