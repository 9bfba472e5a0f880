import { isRoomId } from '@openguild/core';
import { HostError } from '../../http/errors.ts';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import type { ServerIdentity } from '../../services/server-keys.ts';

const MAX_BODY_BYTES = 16_384;

/**
 * FED-70: `POST /_federation/admission`: this server's root and keys, with the root's proof for one room. The proof says no more than that these keys are this server's
 * there; it admits nobody and joins nothing, so any server may ask.
 */
export function admissionRoute(identity: ServerIdentity): ServerRoute {
  return serverRoute<{ readonly room_id: string }>({
    method: 'POST',
    path: '/_federation/admission',
    rate: 'federation',
    maxBodyBytes: MAX_BODY_BYTES,
    schema: 'federation-admission',
    handle: async ({ body }) => {
      if (!isRoomId(body.room_id)) throw new HostError('BAD_REQUEST', 'room_id is not a room ID', { rule: 'FED-70' });
      return { body: { root: identity.root.key_id, keys: [...identity.keys], proof: identity.proofFor(body.room_id) } };
    },
  });
}
