const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_ALPHABET = `${ALPHABET.slice(0, 62)}-_`;

const WORTH = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) WORTH[ALPHABET.charCodeAt(i)] = i;

/** Bytes as base64 of RFC 4648 section 4, without padding. */
export function base64encode(bytes: Uint8Array): string {
  return encoded(bytes, ALPHABET);
}

/** Bytes as the URL-safe base64 of RFC 4648 section 5, without padding. */
export function base64urlEncode(bytes: Uint8Array): string {
  return encoded(bytes, URL_ALPHABET);
}

function encoded(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += (alphabet[group >> 18] as string) + (alphabet[(group >> 12) & 63] as string);
    if (left > 1) text += alphabet[(group >> 6) & 63] as string;
    if (left > 2) text += alphabet[group & 63] as string;
  }
  return text;
}

/**
 * The bytes of an unpadded base64 text, or undefined if encoding them would not give this very text (SIG-2): padding, white space,
 * the URL alphabet, a single left-over character, left-over bits that are not zero.
 */
export function base64decode(text: string): Uint8Array | undefined {
  const tail = text.length % 4;
  if (tail === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
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
