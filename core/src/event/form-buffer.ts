import { utf8Into } from '../json/utf8.ts';

/** Holds most events. */
const USUAL_BYTES = 16_384;
const MAX_BYTES_OF_UNIT = 3;
const COMMA = 0x2c;
const CLOSE = 0x7d;

/** An object's canonical text, put together from parts. One buffer for all texts, since hashing one keeps nothing of it. */
export class FormBuffer {
  #bytes = new Uint8Array(USUAL_BYTES);
  #length = 0;
  /** The part of the source that is to be copied next: neighbours are copied together. */
  #from = 0;
  #to = -1;

  /** The bytes of a whole text, good until the next one. */
  text(text: string): Uint8Array {
    this.#length = 0;
    this.#put(text);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins an object; what was made before is good no longer. */
  begin(): void {
    this.#length = 0;
    this.#to = -1;
    this.#put('{');
  }

  /** A member that stands in `source`, which must be the same for all of an object. */
  copy(source: Uint8Array, start: number, end: number): void {
    if (start === this.#to + 1) {
      this.#to = end;
      return;
    }
    this.#flush(source);
    this.#from = start;
    this.#to = end;
  }

  /** A member as text. */
  member(source: Uint8Array, text: string): void {
    this.#flush(source);
    this.#put(text);
    this.#comma();
  }

  /** The object's bytes, good until the next one is begun. */
  end(source: Uint8Array): Uint8Array {
    this.#flush(source);
    // In the place of the last comma, if there is one.
    this.#bytes[this.#length > 1 ? this.#length - 1 : this.#length++] = CLOSE;
    return this.#bytes.subarray(0, this.#length);
  }

  #flush(source: Uint8Array): void {
    if (this.#to < 0) return;
    const part = source.subarray(this.#from, this.#to);
    this.#reserve(part.length);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
    this.#to = -1;
    this.#comma();
  }

  #put(text: string): void {
    this.#reserve(text.length * MAX_BYTES_OF_UNIT);
    this.#length += utf8Into(text, this.#bytes.subarray(this.#length));
  }

  #comma(): void {
    this.#bytes[this.#length++] = COMMA;
  }

  /** Room for so many bytes, and one more. Only what is larger than usual costs a new buffer, which the next usual text gives back. */
  #reserve(count: number): void {
    const needed = this.#length + count + 1;
    if (needed <= this.#bytes.length && (this.#length > 0 || this.#bytes.length === USUAL_BYTES || needed > USUAL_BYTES)) return;
    const before = this.#bytes;
    this.#bytes = new Uint8Array(needed <= USUAL_BYTES ? USUAL_BYTES : needed * 2);
    this.#bytes.set(before.subarray(0, this.#length));
  }
}
