import type { Store } from '@openguild/storage';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import { notAdmitted } from '../access.ts';
import { usable } from './join-request.ts';

const MAX_BODY_BYTES = 16_384;

/**
 * FED-78: `POST /_federation/code`: which room a code of this host opens. The asking server needs its ID before its root can sign an admission to it. Codes that do
 * not exist, are used up or withdrawn look like rooms that do not exist.
 */
export function codeRoute(store: Store, now: () => number): ServerRoute {
  return serverRoute<{ readonly code: string }>({
    method: 'POST',
    path: '/_federation/code',
    rate: 'federation',
    maxBodyBytes: MAX_BODY_BYTES,
    schema: 'federation-code',
    handle: async ({ body }) => {
      const code = await store.invites.findCode(body.code);
      if (code === undefined || !usable(code, code.guild_id, now())) throw notAdmitted();
      return { body: { room_id: code.guild_id } };
    },
  });
}
