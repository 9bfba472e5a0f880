/** The digits of base58, worth 0 to 57: no 0, O, I or l (ID-1). */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const ZERO = '1';

const WORTH = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) WORTH[ALPHABET.charCodeAt(i)] = i;

/** Digits are worked on five at a time: a group times 256 plus a carry stays far below 2^53. */
const GROUP_DIGITS = 5;
const GROUP = 58 ** GROUP_DIGITS;
/** The longest text that is decoded: the work grows with the square of the length. */
const MAX_TEXT = 512;

/** Bytes as base58, one `1` for each leading zero byte. Work grows with the square of the length; meant for hashes and keys. */
export function base58encode(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  const groups: number[] = [];
  for (let i = zeros; i < bytes.length; i++) {
    let carry = bytes[i] as number;
    for (let j = 0; j < groups.length; j++) {
      carry += (groups[j] as number) * 256;
      groups[j] = carry % GROUP;
      carry = Math.floor(carry / GROUP);
    }
    if (carry > 0) groups.push(carry);
  }
  let digits = '';
  for (const group of groups) {
    let rest = group;
    for (let i = 0; i < GROUP_DIGITS; i++) {
      digits = (ALPHABET[rest % 58] as string) + digits;
      rest = Math.floor(rest / 58);
    }
  }
  let start = 0;
  while (start < digits.length && digits[start] === ZERO) start++;
  return ZERO.repeat(zeros) + digits.slice(start);
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
  for (let i = zeros; i < text.length; i++) {
    const code = text.charCodeAt(i);
    let carry = code < 128 ? (WORTH[code] as number) : -1;
    if (carry < 0) return undefined;
    for (let j = 0; j < limbs.length; j++) {
      carry += (limbs[j] as number) * 58;
      limbs[j] = carry & 0xffffff;
      carry = Math.floor(carry / 0x1000000);
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
