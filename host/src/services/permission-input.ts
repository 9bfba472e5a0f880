import { BITS, parseMask } from '@openguild/core';
import type { PermissionName } from '@openguild/core';
import { HostError } from '../http/errors.ts';

/** A mask as requests give it: a decimal string, or names of bits. */
export type PermissionInput = string | readonly PermissionName[];

export function maskOf(input: PermissionInput): bigint {
  if (typeof input !== 'string') return input.reduce((mask, name) => mask | BITS[name], 0n);
  const mask = parseMask(input);
  if (mask === undefined) throw new HostError('BAD_REQUEST', 'a permission mask is a decimal below 2^64');
  return mask;
}
