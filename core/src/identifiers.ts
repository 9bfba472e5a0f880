import { base58decode, base58encode } from './crypto/base58.ts';
import { isServerName } from './server-name.ts';
import { wellFormed } from './well-formed.ts';

export { isServerName };

/** Bytes of any identifier (ID-3, ID-5). All of them are ASCII, so also characters. */
export const MAX_ID_BYTES = 255;
const HASH_BYTES = 32;
/** 32 bytes never take more base58 digits. */
const MAX_HASH_DIGITS = 44;

const LOCALPART = /^[a-z0-9._=/+-]*$/;

/** `@localpart:server`, or `@:server`, which is the server itself (ID-3, ID-4). */
export const isUserId: (id: string) => boolean = wellFormed((id) => {
  if (id.length > MAX_ID_BYTES || !id.startsWith('@')) return false;
  const colon = id.indexOf(':');
  return colon > 0 && LOCALPART.test(id.slice(1, colon)) && isServerName(id.slice(colon + 1));
});

/** `!` + base58 of 32 bytes + `:` + server (ID-5). */
export const isRoomId: (id: string) => boolean = wellFormed((id) => {
  if (id.length > MAX_ID_BYTES || !id.startsWith('!')) return false;
  const colon = id.indexOf(':');
  return colon > 0 && isBase58Hash(id.slice(1, colon)) && isServerName(id.slice(colon + 1));
});

/** `$` + base58 of 32 bytes (ID-6). */
export function isEventId(id: string): boolean {
  return id.startsWith('$') && isBase58Hash(id.slice(1));
}

/** Digits that are no leading zero, as many as 32 bytes take. The digits of base58 ascend in ASCII, so texts of equal length compare as numbers do. */
const HASH_SHAPE = /^[2-9A-HJ-NP-Za-km-z][1-9A-HJ-NP-Za-km-z]{42,43}$/;
/** 2^248, the least number of 32 bytes without a leading zero, and 2^256-1, the greatest. */
const LEAST_HASH = base58encode(Uint8Array.from({ length: HASH_BYTES }, (_, i) => (i === 0 ? 1 : 0)));
const GREATEST_HASH = base58encode(new Uint8Array(HASH_BYTES).fill(255));

/** True for the base58 of exactly 32 bytes (ID-1). Nearly always known without decoding. */
export function isBase58Hash(text: string): boolean {
  if (HASH_SHAPE.test(text)) return text.length === LEAST_HASH.length ? text >= LEAST_HASH : text <= GREATEST_HASH;
  return text.startsWith('1') && text.length <= MAX_HASH_DIGITS && base58decode(text)?.length === HASH_BYTES;
}

/** The server in a well-formed user or room ID: what follows the first colon. */
export function serverOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** The name in a well-formed user ID, empty for the bare server. */
export function localpartOf(userId: string): string {
  return userId.slice(1, userId.indexOf(':'));
}

/** True if a well-formed user ID stands for a server itself rather than for a person (ID-4). */
export function isBareServer(userId: string): boolean {
  return userId.startsWith('@:');
}
