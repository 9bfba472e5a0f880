import { Refusal } from './refusal.ts';

/** What every runtime has of the Encoding standard, though it does not belong to the language. */
declare const TextDecoder: new (label?: string, options?: { fatal: boolean; ignoreBOM: boolean }) => { decode(bytes: Uint8Array): string };

/** Throws on what is not UTF-8; takes nothing for a byte order mark. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const SHORT_BYTES = 12;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;

/** What stands for itself, and what is short for a control character (RFC 8259 section 7). */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/** Code units turned into text at once: well below every engine's limit on the number of arguments. */
const CHUNK_UNITS = 4_096;

/** Strings with escapes or characters beyond ASCII. The reader's fast path has dealt with all others. */
export class StringReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #escaped = false;
  #units: number[] = [];
  #text = '';

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The byte after the closing quote of the string read last. */
  get end(): number {
    return this.#at;
  }

  /** True once a string held an escape. */
  get escaped(): boolean {
    return this.#escaped;
  }

  /** The string that starts at `start` (after its quote) and is plain ASCII up to `from`. */
  read(start: number, from: number): string {
    return this.#plain(start, from) ?? this.#careful(start, from);
  }

  /** The string if nothing in it is escaped and all of it is UTF-8; else undefined. */
  #plain(start: number, from: number): string | undefined {
    const bytes = this.#bytes;
    for (let i = from; ; i++) {
      const byte = bytes[i];
      if (byte === undefined || byte < 0x20 || byte === BACKSLASH) return undefined;
      if (byte !== QUOTE) continue;
      this.#at = i + 1;
      try {
        return decoder.decode(bytes.subarray(start, i));
      } catch {
        return undefined;
      }
    }
  }

  /** Unit by unit: with escapes, or to name what is wrong and where. */
  #careful(start: number, from: number): string {
    this.#text = asciiText(this.#bytes, start, from);
    this.#at = from;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Refusal('CJ-3', 'the text ends within a string', this.#at);
      if (byte === QUOTE) break;
      if (byte < 0x20) throw new Refusal('CJ-11', 'a control character that is not escaped', this.#at);
      if (byte === BACKSLASH) this.#escape();
      else if (byte < 0x80) this.#push(byte, 1);
      else this.#sequence(byte);
      if (this.#units.length >= CHUNK_UNITS) this.#flush();
    }
    this.#at++;
    this.#flush();
    return this.#text;
  }

  #push(unit: number, bytes: number): void {
    this.#units.push(unit);
    this.#at += bytes;
  }

  #flush(): void {
    this.#text += String.fromCharCode.apply(null, this.#units);
    this.#units = [];
  }

  #escape(): void {
    this.#escaped = true;
    const letter = this.#bytes[this.#at + 1];
    if (letter !== LOWER_U) {
      const unit = letter === undefined ? undefined : SHORT_ESCAPES.get(letter);
      if (unit === undefined) throw new Refusal('CJ-12', 'an escape that JSON does not have', this.#at);
      this.#push(unit, 2);
      return;
    }
    const unit = this.#hex(this.#at + 2);
    if (unit < 0xd800 || unit > 0xdfff) {
      this.#push(unit, 6);
      return;
    }
    // CJ-10: the first half of a pair must be followed by the second at once, and the second never comes alone.
    const paired = unit <= 0xdbff && this.#bytes[this.#at + 6] === BACKSLASH && this.#bytes[this.#at + 7] === LOWER_U;
    const low = paired ? this.#hex(this.#at + 8) : 0;
    if (low < 0xdc00 || low > 0xdfff) throw new Refusal('CJ-10', 'an escaped lone surrogate', this.#at);
    this.#push(unit, 6);
    this.#push(low, 6);
  }

  #hex(from: number): number {
    let value = 0;
    for (let i = from; i < from + 4; i++) {
      const digit = hexDigit(this.#bytes[i]);
      if (digit < 0) throw new Refusal('CJ-12', 'an escape without four hexadecimal digits', this.#at);
      value = value * 16 + digit;
    }
    return value;
  }

  /** One character of two to four bytes, as RFC 3629 allows: shortest form only, no surrogates, nothing above U+10FFFF (CJ-1). */
  #sequence(lead: number): void {
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0) throw this.#notUtf8();
    let point = lead & (0x7f >> length);
    for (let i = 1; i < length; i++) {
      const byte = this.#bytes[this.#at + i];
      if (byte === undefined || (byte & 0xc0) !== 0x80) throw this.#notUtf8();
      point = (point << 6) | (byte & 0x3f);
    }
    const overlong = (length === 3 && point < 0x800) || (length === 4 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw this.#notUtf8();
    if (point < 0x10000) {
      this.#push(point, length);
    } else {
      this.#push(0xd800 + ((point - 0x10000) >> 10), 0);
      this.#push(0xdc00 + ((point - 0x10000) & 0x3ff), length);
    }
  }

  #notUtf8(): Refusal {
    return new Refusal('CJ-1', 'bytes that are not UTF-8', this.#at);
  }
}

/** A string that is cut out of a longer one keeps all of that in memory, so only of short texts are strings parts. */
const MAX_WHOLE_BYTES = 16_384;

/** A short text that is ASCII throughout, so that its code units are its bytes; else undefined. Decoding it once is cheaper than each of its strings. */
export function wholeAscii(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_WHOLE_BYTES) return undefined;
  try {
    const text = decoder.decode(bytes);
    return text.length === bytes.length ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes that are all ASCII as text. Short ones, most keys among them, are cheaper to put together than to have decoded. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_BYTES) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
