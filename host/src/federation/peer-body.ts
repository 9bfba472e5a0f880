import { readJson } from '@openguild/core';
import { validator } from '@openguild/spec';
import { HostError } from '../http/errors.ts';

/**
 * FED-23: nesting of bodies and answers that carry events. Events alone may nest 64 deep and stand some levels inside; one that nests deeper must be dropped by itself (EV-13), not
 * take the others with it.
 */
export const PEER_JSON_DEPTH = 200;

/** The body of a request that carries events: strict JSON that fits the schema. Throws BAD_JSON or BAD_REQUEST. */
export function readPeerBody<T>(bytes: Uint8Array, schema: string): T {
  const read = readJson(bytes, { maxBytes: Math.max(1, bytes.length), maxDepth: PEER_JSON_DEPTH });
  if (!read.ok) throw new HostError('BAD_JSON', read.detail, { rule: read.rule });
  const checked = validator(schema)(read.value);
  if (!checked.ok)
    throw new HostError('BAD_REQUEST', `${checked.path === '' ? 'the body' : checked.path} ${checked.detail}`, { rule: 'FED-22' });
  return read.value as T;
}
