const BITS = 5;

/**
 * A queue of small integers, each at most once, that gives the least: a tree of bits, 32 to a word, whose upper words say which lower ones are not empty.
 *
 * Pushing and popping touch one word of each level, of which there are three for 32,768 and four for a million; a binary heap takes a step for each doubling.
 */
export class RankQueue {
  /** From the words that hold the integers up to one word alone. */
  readonly #levels: Int32Array[] = [];

  /** Integers from 0 to `size` - 1. */
  constructor(size: number) {
    let words = size;
    do {
      words = (words + 31) >>> BITS;
      this.#levels.push(new Int32Array(Math.max(words, 1)));
    } while (words > 1);
  }

  push(rank: number): void {
    let bit = rank;
    for (const words of this.#levels) {
      const word = bit >>> BITS;
      const before = words[word] as number;
      words[word] = before | (1 << (bit & 31));
      if (before !== 0) return;
      bit = word;
    }
  }

  /** The least, which leaves the queue; -1 if it is empty. */
  pop(): number {
    const levels = this.#levels;
    let least = 0;
    for (let level = levels.length - 1; level >= 0; level--) {
      const word = (levels[level] as Int32Array)[least] as number;
      if (word === 0) return -1;
      least = (least << BITS) | (31 - Math.clz32(word & -word));
    }
    let bit = least;
    for (const words of levels) {
      const word = bit >>> BITS;
      const left = (words[word] as number) & ~(1 << (bit & 31));
      words[word] = left;
      if (left !== 0) break;
      bit = word;
    }
    return least;
  }
}
