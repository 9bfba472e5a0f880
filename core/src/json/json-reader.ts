import type { CanonicalText, TextMember } from './canonical-text.ts';
import type { NumberRule } from './canonical.ts';
import { asciiText, StringReader, wholeAscii } from './string-reader.ts';
import { knownKey } from './known-key.ts';
import { Refusal } from './refusal.ts';
import type { JsonValue } from './value.ts';

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LOWER_E = 0x65;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** No integer of more digits is safe; further digits are counted, not computed. */
const MAX_DIGITS = 16;

/** A recursive-descent parser over bytes, one instance per text. Depth is bounded before each descent, so the stack is too. */
export class JsonReader {
  readonly #bytes: Uint8Array;
  readonly #maxDepth: number;
  readonly #numbers: NumberRule;
  readonly #strings: StringReader;
  /** The text itself, where it is short and all ASCII: its strings are parts of it. */
  readonly #ascii: string | undefined;
  #at = 0;
  #depth = 0;
  #deepest = 0;
  /** False once something stands there in another way than the canonical form has it, or in one that is not worth telling. */
  #canonical = true;
  readonly #members: TextMember[] = [];

  constructor(bytes: Uint8Array, maxDepth: number, numbers: NumberRule) {
    this.#bytes = bytes;
    this.#maxDepth = maxDepth;
    this.#numbers = numbers;
    this.#strings = new StringReader(bytes);
    this.#ascii = wholeAscii(bytes);
  }

  /** The whole text: one value with nothing but white space around it. */
  document(): JsonValue {
    const [first, second, third] = this.#bytes;
    if (first === 0xef && second === 0xbb && third === 0xbf) throw new Refusal('CJ-2', 'the text starts with a byte order mark', 0);
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#bytes.length) throw new Refusal('CJ-4', 'something follows the value', this.#at);
    return value;
  }

  /** After `document`: the text, if it is known to be the canonical form of an object. In doubt it is not: texts with escapes, and keys beyond ASCII. */
  canonicalText(): CanonicalText | null {
    if (!this.#canonical || this.#strings.escaped || this.#bytes[0] !== OPEN_OBJECT) return null;
    return { bytes: this.#bytes, members: this.#members, depth: this.#deepest };
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#canonical = false;
      this.#at++;
    }
  }

  #value(): JsonValue {
    const byte = this.#bytes[this.#at];
    switch (byte) {
      case QUOTE:
        return this.#string();
      case OPEN_OBJECT:
        return this.#object();
      case OPEN_ARRAY:
        return this.#array();
      case 0x74:
        return this.#literal('true', true);
      case 0x66:
        return this.#literal('false', false);
      case 0x6e:
        return this.#literal('null', null);
      default:
        if (byte === MINUS || isDigit(byte)) return this.#number();
        throw this.#unexpected('a value');
    }
  }

  #object(): JsonValue {
    this.#enter();
    const object: Record<string, JsonValue> = {};
    let last: string | undefined;
    for (;;) {
      this.#skipSpace();
      if (last === undefined && this.#take(CLOSE_OBJECT)) break;
      if (this.#bytes[this.#at] !== QUOTE) throw this.#unexpected('a key');
      const start = this.#at;
      const key = knownKey(this.#string());
      // CJ-9: keys are compared after unescaping, so "a" and "\u0061" are one key.
      if (Object.hasOwn(object, key)) throw new Refusal('CJ-9', 'a key occurs twice in one object', start);
      // As many bytes as characters: ASCII without escapes, whose order is the same in every canonical form.
      if (this.#at - start !== key.length + 2 || (last !== undefined && key < last)) this.#canonical = false;
      this.#skipSpace();
      if (!this.#take(COLON)) throw this.#unexpected('":"');
      this.#skipSpace();
      const value = this.#value();
      if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      else object[key] = value;
      if (this.#depth === 1 && this.#canonical) this.#members.push({ name: key, start, end: this.#at });
      last = key;
      this.#skipSpace();
      if (this.#take(CLOSE_OBJECT)) break;
      if (!this.#take(COMMA)) throw this.#unexpected('"," or "}"');
    }
    this.#depth--;
    return object;
  }

  #array(): JsonValue {
    this.#enter();
    const array: JsonValue[] = [];
    this.#skipSpace();
    if (!this.#take(CLOSE_ARRAY)) {
      for (;;) {
        this.#skipSpace();
        array.push(this.#value());
        this.#skipSpace();
        if (this.#take(CLOSE_ARRAY)) break;
        if (!this.#take(COMMA)) throw this.#unexpected('"," or "]"');
      }
    }
    this.#depth--;
    return array;
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) throw new Refusal('CJ-13', `nested deeper than ${this.#maxDepth}`, this.#at);
    if (this.#depth > this.#deepest) this.#deepest = this.#depth;
    this.#at++;
  }

  #string(): string {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    for (let i = start; ; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) {
        this.#at = i + 1;
        return this.#ascii === undefined ? asciiText(bytes, start, i) : this.#ascii.slice(start, i);
      }
      if (byte === undefined || byte < 0x20 || byte >= 0x80 || byte === 0x5c) {
        const text = this.#strings.read(start, i);
        this.#at = this.#strings.end;
        return text;
      }
    }
  }

  #number(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    const negative = this.#take(MINUS);
    const firstDigit = this.#at;
    let value = 0;
    while (isDigit(bytes[this.#at])) {
      if (this.#at - firstDigit < MAX_DIGITS) value = value * 10 + ((bytes[this.#at] as number) - ZERO);
      this.#at++;
    }
    const digits = this.#at - firstDigit;
    if (digits === 0) throw this.#unexpected('a digit');
    if (digits > 1 && bytes[firstDigit] === ZERO) throw new Refusal('CJ-6', 'a number with a leading zero', start);
    const after = bytes[this.#at];
    if (after === DOT || after === LOWER_E || after === UPPER_E) {
      if (this.#numbers === 'integers') throw new Refusal('CJ-5', 'a number with a fraction or an exponent', start);
      return this.#fraction(start);
    }
    if (negative && value === 0) {
      if (this.#numbers === 'integers') throw new Refusal('CJ-7', 'minus zero', start);
      this.#canonical = false;
      return 0;
    }
    if (digits > MAX_DIGITS || value > Number.MAX_SAFE_INTEGER) throw new Refusal('CJ-8', 'an integer beyond 2^53-1', start);
    return negative ? -value : value;
  }

  /** MXB-3: a number that starts at `start` and goes on, here, with a fraction or an exponent. */
  #fraction(start: number): number {
    this.#canonical = false;
    if (this.#take(DOT)) this.#digits();
    if (this.#take(LOWER_E) || this.#take(UPPER_E)) {
      if (!this.#take(PLUS)) this.#take(MINUS);
      this.#digits();
    }
    const value = Number(asciiText(this.#bytes, start, this.#at));
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new Refusal('CJ-8', 'a number beyond 2^53-1', start);
    return value === 0 ? 0 : value;
  }

  #digits(): void {
    if (!isDigit(this.#bytes[this.#at])) throw this.#unexpected('a digit');
    while (isDigit(this.#bytes[this.#at])) this.#at++;
  }

  #literal<T extends JsonValue>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) throw this.#unexpected('a value');
    }
    this.#at += word.length;
    return value;
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #unexpected(wanted: string): Refusal {
    const what = this.#at < this.#bytes.length ? 'something else stands' : 'the text ends';
    return new Refusal('CJ-3', `${wanted} was expected, but ${what}`, this.#at);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
