import { createRequire } from 'node:module';
import type { SignatureBackend } from '@openguild/core';

/** The one function of `sodium-native` that is used. */
interface Sodium {
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

/** libsodium's Ed25519, about 36 microseconds for each signature; undefined where the optional package is not installed or does not run. */
export function sodiumSignatures(): SignatureBackend | undefined {
  let sodium: Sodium;
  try {
    sodium = createRequire(import.meta.url)('sodium-native') as Sodium;
  } catch {
    return undefined;
  }
  return {
    name: 'sodium-native',
    holds: (publicKey, message, signature) => sodium.crypto_sign_verify_detached(signature, message, publicKey),
  };
}
