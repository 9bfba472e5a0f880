import { asciiOf } from './ascii-of.ts';
import { pooledBytes } from './pooled-bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES = Uint8Array.from(ALPHABET, (digit) => digit.charCodeAt(0));
const URL_CODES = Uint8Array.from(`${ALPHABET.slice(0, 62)}-_`, (digit) => digit.charCodeAt(0));
/** A multiple of three. */
const CHUNK_BYTES = 3_072;

const WORTH = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) WORTH[ALPHABET.charCodeAt(i)] = i;

/** Bytes as base64 of RFC 4648 section 4, without padding. */
export function base64encode(bytes: Uint8Array): string {
  return encoded(bytes, CODES);
}

/** Bytes as the URL-safe base64 of RFC 4648 section 5, without padding. */
export function base64urlEncode(bytes: Uint8Array): string {
  return encoded(bytes, URL_CODES);
}

/** From codes at once, a chunk of the bytes at a time: a text put together digit by digit costs more to make and to use. */
function encoded(bytes: Uint8Array, alphabet: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) text += chunkOf(bytes, at, Math.min(at + CHUNK_BYTES, bytes.length), alphabet);
  return text;
}

function chunkOf(bytes: Uint8Array, from: number, to: number, alphabet: Uint8Array): string {
  const codes: number[] = [];
  codes.length = Math.ceil(((to - from) * 4) / 3);
  let at = 0;
  for (let i = from; i < to; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[at++] = alphabet[group >> 18] as number;
    codes[at++] = alphabet[(group >> 12) & 63] as number;
    if (i + 1 < to) codes[at++] = alphabet[(group >> 6) & 63] as number;
    if (i + 2 < to) codes[at++] = alphabet[group & 63] as number;
  }
  return asciiOf(codes);
}

/**
 * The bytes of an unpadded base64 text, or undefined if encoding them would not give this very text (SIG-2): padding, white space,
 * the URL alphabet, a single left-over character, left-over bits that are not zero.
 */
export function base64decode(text: string): Uint8Array | undefined {
  const tail = text.length % 4;
  if (tail === 1) return undefined;
  const bytes = pooledBytes(Math.floor((text.length * 3) / 4));
  let at = 0;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const worth = code < 128 ? (WORTH[code] as number) : -1;
    if (worth < 0) return undefined;
    held = ((held << 6) | worth) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? bytes : undefined;
}

/**
 * The bytes of a base64 text as Matrix reads it (MXB-10): with padding or without, in either alphabet, left-over bits ignored. Undefined for anything
 * else. What such a text means is compared as bytes, never as text.
 */
export function base64decodeLoosely(text: string): Uint8Array | undefined {
  return base64decode(text) ?? decodedLoosely(text);
}

function decodedLoosely(text: string): Uint8Array | undefined {
  const bare = text
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  // The last digit of two holds 2 bits that mean something, of three 4.
  const mask = [undefined, undefined, 0x30, 0x3c][bare.length % 4];
  if (mask === undefined) return base64decode(bare);
  const last = ALPHABET.indexOf(bare.at(-1) as string);
  return last < 0 ? undefined : base64decode(bare.slice(0, -1) + (ALPHABET[last & mask] as string));
}
