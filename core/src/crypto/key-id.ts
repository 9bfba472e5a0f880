import { isBase58Hash } from '../identifiers.ts';
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
  if (!id.startsWith(PREFIX)) return undefined;
  const key = base58decode(id.slice(PREFIX.length));
  return key?.length === PUBLIC_KEY_BYTES ? key : undefined;
}

/** True for a well-formed key ID (ID-7), admissible or not. */
export function isKeyId(id: string): boolean {
  return id.startsWith(PREFIX) && isBase58Hash(id.slice(PREFIX.length));
}
