const LINE_FEED = 10;

/**
 * Cuts a stream of bytes into lines (EXP-1), without the line feeds. A line longer than `maxBytes` is given as its first `maxBytes + 1` bytes: too
 * long for the reader, which says so, and never more than that in memory.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk. The chunk may be used again afterwards. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, at));
      yield this.#take();
      from = at + 1;
    }
    this.#add(chunk.slice(from));
  }

  /** What follows the last line feed, if anything does. */
  *end(): Generator<Uint8Array> {
    if (this.#length > 0) yield this.#take();
  }

  #add(part: Uint8Array): void {
    const room = this.#maxBytes + 1 - this.#length;
    const kept = part.length > room ? part.subarray(0, room) : part;
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#length += kept.length;
  }

  #take(): Uint8Array {
    const [only] = this.#parts;
    const line = this.#parts.length === 1 && only !== undefined ? only : joined(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
