import { verify } from 'node:crypto';
import { faultBeforeEquation, keyMemory, type SignatureBackend, type SignatureCheck, verifyWith } from '@openguild/core';
import { nodeKeys, nodeSignatures } from './signatures/node-signatures.ts';

const keyFaultOf = keyMemory();
const keyOf = nodeKeys();
const platform = nodeSignatures();

/**
 * Verdicts by the platform's Ed25519, in its thread pool; the same as core's `verifyPortable`, some ten times faster. Native libraries agree on a
 * signature once everything but the equation has been asked (KEY-1 to KEY-4, SIG-2 to SIG-4, MXB-18), so that is asked before.
 */
export function verifyWithNode(checks: readonly SignatureCheck[]): Promise<boolean[]> {
  return Promise.all(checks.map(verifyOne));
}

/** One verdict at once, in the calling thread: for programs that have nothing else to do meanwhile. */
export function verifyNowWithNode(check: SignatureCheck): boolean {
  return verifyWith(platform, check, keyFaultOf);
}

/** Verdicts by a backend, one after another, in this thread: for many rooms at once, or where threads are the caller's. */
export function verifyInTurn(backend: SignatureBackend): (checks: readonly SignatureCheck[]) => Promise<boolean[]> {
  const known = keyMemory();
  return async (checks) => checks.map((check) => verifyWith(backend, check, known));
}

async function verifyOne(check: SignatureCheck): Promise<boolean> {
  if (faultBeforeEquation(check, keyFaultOf) !== null) return false;
  return new Promise((resolve, reject) => {
    verify(null, check.message, keyOf(check.public_key), check.signature, (error, valid) =>
      error === null ? resolve(valid) : reject(error),
    );
  });
}
