import { isBase58Hash } from '../identifiers.ts';
import { wellFormed } from '../well-formed.ts';
import { base58decode, base58encode } from './base58.ts';

const PREFIX = 'ed25519:';
/** Bytes of an Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32;

/** The key ID of a public key: it contains the key (ID-7). Throws on a wrong length. */
export function keyId(publicKey: Uint8Array): string {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new TypeError(`a public key has ${PUBLIC_KEY_BYTES} bytes, not ${publicKey.length}`);
  return PREFIX + base58encode(publicKey);
}

/** The 32 bytes in a key ID, or undefined if it is not well-formed (ID-7). Says nothing about whether the key is admissible. */
export function publicKeyOf(id: string): Uint8Array | undefined {
  let key = decoded.get(id);
  if (key === undefined && id.startsWith(PREFIX)) {
    key = base58decode(id.slice(PREFIX.length));
    if (key?.length !== PUBLIC_KEY_BYTES) return undefined;
    if (decoded.size >= MAX_DECODED) decoded.clear();
    decoded.set(id, key);
  }
  return key?.slice();
}

/** A server signs everything with one key; decoding costs more than finding it. Forgets all when it is full. */
const decoded = new Map<string, Uint8Array>();
const MAX_DECODED = 256;

/** True for a well-formed key ID (ID-7), admissible or not. */
export const isKeyId: (id: string) => boolean = wellFormed((id) => id.startsWith(PREFIX) && isBase58Hash(id.slice(PREFIX.length)));
