import { publicRoute, userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import type { Services } from './services.ts';

export function accountRoutes({ accounts }: Pick<Services, 'accounts'>): Route[] {
  return [
    publicRoute<{ username: string; password: string }>({
      method: 'POST',
      path: '/client/v1/register',
      rate: 'register',
      schema: 'client-register',
      handle: async ({ body }) => ({ status: 201, body: { ...(await accounts.register(body.username, body.password)) } }),
    }),
    publicRoute<{ username: string; password: string }>({
      method: 'POST',
      path: '/client/v1/login',
      rate: 'login',
      schema: 'client-login',
      handle: async ({ body }) => ({ body: { ...(await accounts.login(body.username, body.password)) } }),
    }),
    userRoute({
      method: 'POST',
      path: '/client/v1/logout',
      rate: 'write',
      handle: async ({ tokenHash }) => {
        await accounts.logout(tokenHash);
        return { body: {} };
      },
    }),
    userRoute({
      method: 'GET',
      path: '/client/v1/whoami',
      rate: 'read',
      handle: async ({ userId, deviceId }) => ({ body: { user_id: userId, device_id: deviceId } }),
    }),
  ];
}
