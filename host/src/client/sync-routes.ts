import { queryInteger, queryValue } from '../http/query.ts';
import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import type { Services } from './services.ts';

export function syncRoutes({ sync, config }: Pick<Services, 'sync' | 'config'>): Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/client/v1/sync',
      rate: 'sync',
      handle: async ({ userId, query, signal }) => {
        const timeout = queryInteger(query, 'timeout', { min: 0, max: config.limits.max_sync_timeout_ms, default: 0 });
        const since = queryValue(query, 'since');
        return { body: since === undefined ? await sync.first(userId) : await sync.since(userId, since, timeout, signal) };
      },
    }),
  ];
}
