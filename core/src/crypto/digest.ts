import { hashBackend } from '#hash-backend';
import type { Digest } from './hash-backend.ts';

export type { Digest } from './hash-backend.ts';

/** BLAKE3, 32 bytes. */
export const blake3: Digest = hashBackend.blake3;

/** SHA-256 (FIPS 180-4), 32 bytes. */
export const sha256: Digest = hashBackend.sha256;
