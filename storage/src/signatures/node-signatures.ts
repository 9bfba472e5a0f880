import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { SignatureBackend } from '@openguild/core';
import { LruMap } from '../runner/lru-map.ts';

/** RFC 8410: what precedes the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEYS = 4_096;

/** Turns the bytes of public keys into the platform's keys, and remembers them: making one costs as much as half a signature check. */
export function nodeKeys(): (publicKey: Uint8Array) => KeyObject {
  const keys = new LruMap<string, KeyObject>(KEYS);
  return (publicKey) => {
    const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.byteLength).toString('latin1');
    let key = keys.get(name);
    if (key === undefined) {
      key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
      keys.set(name, key);
    }
    return key;
  };
}

/** The Ed25519 of `node:crypto`, which is OpenSSL's: about 60 microseconds for each signature. */
export function nodeSignatures(): SignatureBackend {
  const keyOf = nodeKeys();
  return { name: 'node:crypto', holds: (publicKey, message, signature) => verify(null, message, keyOf(publicKey), signature) };
}
