import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import type { Services } from './services.ts';

export function voiceRoutes({ voice }: Pick<Services, 'voice'>): Route[] {
  return [
    userRoute({
      method: 'POST',
      path: '/client/v1/voice/:channel/join',
      rate: 'write',
      handle: async ({ userId, params: { channel = '' } }) => ({ body: { ...(await voice.join(channel, userId)) } }),
    }),
  ];
}
