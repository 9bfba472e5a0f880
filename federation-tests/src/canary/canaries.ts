import { AUTH_CANARIES } from './canaries-auth.ts';
import { BYTES_CANARIES } from './canaries-bytes.ts';
import { MATRIX_CANARIES } from './canaries-matrix.ts';
import { RESOLUTION_CANARIES } from './canaries-resolution.ts';
import { SERVER_CANARIES } from './canaries-server.ts';
import type { Canary } from './canary.ts';

export const CANARIES: readonly Canary[] = [
  ...BYTES_CANARIES,
  ...AUTH_CANARIES,
  ...RESOLUTION_CANARIES,
  ...SERVER_CANARIES,
  ...MATRIX_CANARIES,
];
