import { verifyPortable } from '../crypto/ed25519.ts';
import { keyMemory } from '../crypto/key-memory.ts';
import type { SignatureCheck } from '../event/types.ts';

/** A verifier for any JavaScript, without platform cryptography, that remembers which keys it has admitted (KEY-1 to KEY-4). About 1 ms for each signature. */
export function portableVerifier(): (check: SignatureCheck) => boolean {
  const keyFaultOf = keyMemory();
  return (check) => verifyPortable(check, keyFaultOf);
}
