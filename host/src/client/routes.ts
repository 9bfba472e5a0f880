import type { Route } from '../http/route.ts';
import { aboutRoutes } from './about-routes.ts';
import { accountRoutes } from './account-routes.ts';
import { channelRoutes } from './channel-routes.ts';
import { exportRoutes } from './export-routes.ts';
import { guildRoutes } from './guild-routes.ts';
import { inviteRoutes } from './invite-routes.ts';
import { mediaRoutes } from './media-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { roleRoutes } from './role-routes.ts';
import { roomRoutes } from './room-routes.ts';
import type { Services } from './services.ts';
import { searchRoutes } from './search-routes.ts';
import { syncRoutes } from './sync-routes.ts';
import { voiceRoutes } from './voice-routes.ts';

/** The native client API, but for the gateway. */
export function clientRoutes(services: Services): Route[] {
  return [
    ...aboutRoutes(services),
    ...accountRoutes(services),
    ...guildRoutes(services),
    ...roleRoutes(services),
    ...memberRoutes(services),
    ...channelRoutes(services),
    ...inviteRoutes(services),
    ...roomRoutes(services),
    ...exportRoutes(services),
    ...searchRoutes(services),
    ...syncRoutes(services),
    ...mediaRoutes(services),
    ...voiceRoutes(services),
  ];
}
