import type { SignatureCheck } from '../event/types.ts';
import { equationHolds, faultBeforeEquation, type KeyFaultOf } from './ed25519.ts';

/**
 * Something that computes SIG-5, synchronously. What comes before the equation (KEY rules, SIG-2 to SIG-4, MXB-18) is asked by `verifyWith`, so a backend only
 * sees signatures of 64 bytes with S below the order, and keys and R of which all cofactorless libraries think alike.
 */
export interface SignatureBackend {
  readonly name: string;
  holds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Any JavaScript: about 1 ms for each signature. */
export const PORTABLE_SIGNATURES: SignatureBackend = { name: 'noble', holds: equationHolds };

/** True if a signature is valid by the rule that its check names: the same on every backend. */
export function verifyWith(backend: SignatureBackend, check: SignatureCheck, keyFaultOf: KeyFaultOf): boolean {
  return faultBeforeEquation(check, keyFaultOf) === null && backend.holds(check.public_key, check.message, check.signature);
}
