import { publicRoute, type PublicRoute } from '../../http/route.ts';
import type { ServerIdentity } from '../../services/server-keys.ts';

/** FED-2: `GET /.well-known/openguild`: where the federation API of this server name is. */
export function discoveryRoute(identity: ServerIdentity, base: () => string): PublicRoute {
  return publicRoute({
    method: 'GET',
    path: '/.well-known/openguild',
    rate: 'open',
    handle: async () => ({ body: { server_name: identity.serverName, federation: base() } }),
  });
}

/** FED-3: `GET /_federation/key`: the key document, signed by the root. Unsigned requests are answered: it is how signatures get checked at all. */
export function keyRoute(identity: ServerIdentity, now: () => number): PublicRoute {
  return publicRoute({
    method: 'GET',
    path: '/_federation/key',
    rate: 'open',
    handle: async () => ({ body: identity.keyDocument(now()) }),
  });
}
