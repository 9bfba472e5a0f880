import { keyMemory, verifyWith } from '@openguild/core';
import { parentPort } from 'node:worker_threads';
import { fastestSignatures } from './fastest-signatures.ts';
import { unpackChecks } from './packed-checks.ts';

/** One thread of a `VerifierPool`: packed checks come in, as many verdicts go back, a byte for each. */
const backend = fastestSignatures();
const keyFaultOf = keyMemory();

parentPort?.on('message', (packed: Uint8Array<ArrayBuffer>) => {
  const verdicts = Uint8Array.from(unpackChecks(packed), (check) => (verifyWith(backend, check, keyFaultOf) ? 1 : 0));
  parentPort?.postMessage(verdicts, [verdicts.buffer]);
});
parentPort?.postMessage(backend.name);
