import { keyFault, verifyPortable } from '../crypto/ed25519.ts';
import type { Fault } from '../fault.ts';
import type { SignatureCheck } from '../event/types.ts';

/** Keys whose admission is remembered: it costs as much as a signature. */
const MAX_KEYS = 4_096;

/** A verifier for any JavaScript, without platform cryptography, that remembers which keys it has admitted (KEY-1 to KEY-4). About 1 ms for each signature. */
export function portableVerifier(): (check: SignatureCheck) => boolean {
  const known = new Map<string, Fault | null>();
  const keyFaultOf = (publicKey: Uint8Array): Fault | null => {
    const name = publicKey.join();
    let fault = known.get(name);
    if (fault === undefined) {
      if (known.size >= MAX_KEYS) known.clear();
      known.set(name, (fault = keyFault(publicKey)));
    }
    return fault;
  };
  return (check) => verifyPortable(check, keyFaultOf);
}
