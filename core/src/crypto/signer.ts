import { getPublicKey, hashes, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import type { Signer } from '../event/types.ts';
import { keyId } from './key-id.ts';

/** Bytes of the secret from which a key pair is made (RFC 8032 section 5.1.5). */
export const SEED_BYTES = 32;

hashes.sha512 = sha512;

/** A signer and its public key from a 32-byte secret seed. The seed is copied and stays inside. Throws on another length. */
export function signerFromSeed(seed: Uint8Array): Signer & { readonly publicKey: Uint8Array } {
  if (seed.length !== SEED_BYTES) throw new TypeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const secret = seed.slice();
  const publicKey = getPublicKey(secret);
  return { key_id: keyId(publicKey), publicKey, sign: (message) => sign(message, secret) };
}
