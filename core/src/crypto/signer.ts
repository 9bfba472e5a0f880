import { getPublicKey, hashes, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import type { Signer } from '../event/types.ts';
import { keyId } from './key-id.ts';

/** Bytes of the secret from which a key pair is made (RFC 8032 section 5.1.5). */
export const SEED_BYTES = 32;

hashes.sha512 = sha512;

/**
 * A signer and its public key from a 32-byte secret seed. The seed is copied and stays inside. Throws on another length.
 *
 * `name`: what a Matrix server publishes the key as; its key ID is `ed25519:<name>`. Without one the key ID contains the key (ID-7).
 */
export function signerFromSeed(seed: Uint8Array, name?: string): Signer & { readonly publicKey: Uint8Array } {
  if (seed.length !== SEED_BYTES) throw new TypeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const secret = seed.slice();
  const publicKey = getPublicKey(secret);
  return { key_id: name === undefined ? keyId(publicKey) : `ed25519:${name}`, publicKey, sign: (message) => sign(message, secret) };
}
