import { NATIVE_VERSION } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import { publicRoute } from '../http/route.ts';
import { GATEWAY_PATH } from '../gateway/frames.ts';
import type { Route } from '../http/route.ts';
import type { Services } from './services.ts';

export function aboutRoutes({ config }: Pick<Services, 'config'>): Route[] {
  const { server_name, limits } = config;
  const about = {
    server_name,
    versions: ['v1'],
    room_versions: [NATIVE_VERSION],
    registration: config.registration,
    limits: { body_bytes: limits.max_body_bytes, media_bytes: limits.max_media_bytes, sync_timeout_ms: limits.max_sync_timeout_ms },
    voice: config.voice !== null,
  };
  return [
    publicRoute({ method: 'GET', path: '/client/v1/versions', rate: 'open', handle: async () => ({ body: about }) }),
    publicRoute({
      method: 'GET',
      path: GATEWAY_PATH,
      rate: 'open',
      handle: async () => {
        throw new HostError('BAD_REQUEST', 'the gateway speaks WebSocket');
      },
    }),
    publicRoute({ method: 'GET', path: '/health', rate: 'open', handle: async () => ({ body: { status: 'ok' } }) }),
  ];
}
