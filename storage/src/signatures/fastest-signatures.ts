import { PORTABLE_SIGNATURES, type SignatureBackend } from '@openguild/core';
import { edgeSignatures } from '@openguild/spec';
import { nodeSignatures } from './node-signatures.ts';
import { sodiumSignatures } from './sodium-signatures.ts';

/**
 * Why a backend may not be used, or null: its verdict on one of the edge vectors that get as far as the equation is not the published one. Another verdict
 * than everybody else's on one signature is a room that falls apart.
 */
export function backendFault(backend: SignatureBackend): string | null {
  for (const { why, public_key, message, signature, valid } of edgeSignatures('SIG-5')) {
    let verdict: boolean;
    try {
      verdict = backend.holds(public_key, message, signature);
    } catch (error) {
      return `${backend.name} fails on a signature: ${why} (${String(error)})`;
    }
    if (verdict !== valid) return `${backend.name} says ${verdict ? 'valid' : 'invalid'} to: ${why}`;
  }
  return null;
}

/**
 * The fastest backend that is present and says what all must say (checked now, some milliseconds): libsodium, else the platform, else the portable one.
 * `unfit` is told why one that is present was passed over.
 */
export function fastestSignatures(unfit: (fault: string) => void = () => undefined): SignatureBackend {
  for (const backend of [sodiumSignatures(), nodeSignatures()]) {
    if (backend === undefined) continue;
    const fault = backendFault(backend);
    if (fault === null) return backend;
    unfit(fault);
  }
  return PORTABLE_SIGNATURES;
}
