import { asciiOf } from './ascii-of.ts';

/** The digits of base58, worth 0 to 57: no 0, O, I or l (ID-1). */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const ZERO = '1';
const CODES = Uint8Array.from(ALPHABET, (digit) => digit.charCodeAt(0));

const WORTH = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) WORTH[ALPHABET.charCodeAt(i)] = i;

/** Digits are worked on four at a time, bytes three at a time: a group times 2^24 plus a carry stays far below 2^53. */
const GROUP_DIGITS = 4;
const GROUP = 58 ** GROUP_DIGITS;
const STEP_BYTES = 3;
/** Hashes and keys: the groups of these are worked out in one place that is there already. */
const SHORT_BYTES = 64;
const scratch = new Float64Array(SHORT_BYTES / 2 + 1);
/** The longest text that is decoded: the work grows with the square of the length. */
const MAX_TEXT = 512;

/** Bytes as base58, one `1` for each leading zero byte. Work grows with the square of the length; meant for hashes and keys. */
export function base58encode(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  const groups = bytes.length <= SHORT_BYTES ? scratch : new Float64Array(Math.ceil(bytes.length / 2) + 1);
  let used = 0;
  let at = zeros;
  while (at < bytes.length) {
    const end = Math.min(at + STEP_BYTES, bytes.length);
    let carry = 0;
    let shift = 1;
    for (; at < end; at++) {
      carry = carry * 256 + (bytes[at] as number);
      shift *= 256;
    }
    for (let j = 0; j < used; j++) {
      const value = (groups[j] as number) * shift + carry;
      carry = Math.floor(value / GROUP);
      groups[j] = value - carry * GROUP;
    }
    for (; carry > 0; carry = Math.floor(carry / GROUP)) groups[used++] = carry % GROUP;
  }
  return ZERO.repeat(zeros) + digitsOf(groups, used);
}

/** The digits of a number, least group first, without leading zeros. From codes at once: a text put together in pieces costs three times as much to use. */
function digitsOf(groups: Float64Array, used: number): string {
  const codes: number[] = [];
  codes.length = used * GROUP_DIGITS;
  for (let j = used - 1, at = 0; j >= 0; j--) {
    const group = (groups[j] as number) | 0;
    const high = (group / 3364) | 0;
    const low = group - high * 3364;
    const first = (high / 58) | 0;
    const third = (low / 58) | 0;
    codes[at++] = CODES[first] as number;
    codes[at++] = CODES[high - first * 58] as number;
    codes[at++] = CODES[third] as number;
    codes[at++] = CODES[low - third * 58] as number;
  }
  let start = 0;
  while (start < codes.length && codes[start] === CODES[0]) start++;
  return asciiOf(start === 0 ? codes : codes.slice(start));
}

/**
 * The bytes that a base58 text stands for, or undefined if it has another character or is longer than 512.
 * Each text has one meaning and each byte string one text, so nothing else needs to be refused.
 */
export function base58decode(text: string): Uint8Array | undefined {
  if (text.length > MAX_TEXT) return undefined;
  let zeros = 0;
  while (zeros < text.length && text[zeros] === ZERO) zeros++;
  const limbs: number[] = [];
  let at = zeros;
  while (at < text.length) {
    const end = Math.min(at + GROUP_DIGITS, text.length);
    let carry = 0;
    let shift = 1;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      const digit = code < 128 ? (WORTH[code] as number) : -1;
      if (digit < 0) return undefined;
      carry = carry * 58 + digit;
      shift *= 58;
    }
    for (let j = 0; j < limbs.length; j++) {
      const value = (limbs[j] as number) * shift + carry;
      limbs[j] = value & 0xffffff;
      carry = Math.floor(value / 0x1000000);
    }
    if (carry > 0) limbs.push(carry);
  }
  return bytesOfLimbs(limbs, zeros);
}

/** Little-endian limbs of 24 bits as big-endian bytes, after some zero bytes. */
function bytesOfLimbs(limbs: readonly number[], zeros: number): Uint8Array {
  const bytes: number[] = [];
  for (let i = limbs.length - 1; i >= 0; i--) {
    const limb = limbs[i] as number;
    for (const byte of [limb >>> 16, (limb >>> 8) & 0xff, limb & 0xff]) {
      if (bytes.length > 0 || byte > 0) bytes.push(byte);
    }
  }
  const out = new Uint8Array(zeros + bytes.length);
  out.set(bytes, zeros);
  return out;
}
