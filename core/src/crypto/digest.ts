import { blake3 as nobleBlake3 } from '@noble/hashes/blake3.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';

/** A hash function of 32 bytes. */
export type Digest = (bytes: Uint8Array) => Uint8Array;

/** BLAKE3, 32 bytes. */
export const blake3: Digest = (bytes) => nobleBlake3(bytes);

/** SHA-256 (FIPS 180-4), 32 bytes. */
export const sha256: Digest = (bytes) => nobleSha256(bytes);
