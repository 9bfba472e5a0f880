import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { keyFault, type SignatureCheck } from '@openguild/core';
import { LruMap } from './runner/lru-map.ts';

/** RFC 8410: what precedes the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** RFC 8032 section 5.1: the order of the group, little-endian. */
const ORDER = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');
const IDENTITY = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
const KEYS = 4_096;

/** Keys by their bytes; null: not admissible. Admission costs more than a signature check. */
const keys = new LruMap<string, { readonly object: KeyObject | null }>(KEYS);

/**
 * Verdicts by the platform's Ed25519, in its thread pool; the same as core's `verifyPortable`, some ten times faster. Native libraries agree on a
 * signature once the key is admitted (KEY-1 to KEY-4), S < L (SIG-3) and R is not the identity (SIG-4), so these are checked before.
 */
export function verifyWithNode(checks: readonly SignatureCheck[]): Promise<boolean[]> {
  return Promise.all(checks.map(verifyOne));
}

async function verifyOne({ public_key, message, signature }: SignatureCheck): Promise<boolean> {
  // SIG-2
  if (signature.length !== 64) return false;
  if (!isBelowOrder(signature.subarray(32)) || IDENTITY.equals(signature.subarray(0, 32))) return false;
  const key = admitted(public_key);
  if (key === null) return false;
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, valid) => (error === null ? resolve(valid) : reject(error)));
  });
}

/** The key for the platform, or null if it may not be used. */
function admitted(publicKey: Uint8Array): KeyObject | null {
  const name = Buffer.from(publicKey).toString('latin1');
  const known = keys.get(name);
  if (known !== undefined) return known.object;
  const object =
    keyFault(publicKey) === null ? createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' }) : null;
  keys.set(name, { object });
  return object;
}

/** SIG-3 */
function isBelowOrder(s: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const [byte, bound] = [s[i] as number, ORDER[i] as number];
    if (byte !== bound) return byte < bound;
  }
  return false;
}
