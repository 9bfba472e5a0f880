import { blake3 } from '@noble/hashes/blake3.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** A hash function of 32 bytes. */
export type Digest = (bytes: Uint8Array) => Uint8Array;

/** Where the hash functions come from. All backends compute the same. */
export interface HashBackend {
  readonly name: string;
  readonly blake3: Digest;
  /** FIPS 180-4 */
  readonly sha256: Digest;
}

/**
 * Any JavaScript. What `#hash-backend` means everywhere but under the export condition `node` (package.json), where `hash-backend.node.ts` takes its
 * place: the engine chooses nothing at run time and holds no state.
 */
export const hashBackend: HashBackend = { name: 'noble', blake3: (bytes) => blake3(bytes), sha256: (bytes) => sha256(bytes) };
