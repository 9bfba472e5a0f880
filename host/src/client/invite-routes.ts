import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import { shownInvite } from '../services/sync.ts';
import { settled } from './services.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'access' | 'invites' | 'joins' | 'stream' | 'rooms' | 'config'>;

export function inviteRoutes(parts: Parts): Route[] {
  return [invitePerson(parts), pendingInvites(parts), refuseInvite(parts), createCode(parts), revokeCode(parts), join(parts)];
}

function invitePerson({ access, invites, stream }: Parts): Route {
  return userRoute<{ room_id: string; user_id: string }>({
    method: 'POST',
    path: '/client/v1/invite',
    rate: 'write',
    schema: 'client-invite',
    handle: async ({ userId, body }) => {
      await access.requireGuild(body.room_id, userId);
      return { body: await settled(stream, await invites.invite(body.room_id, userId, body.user_id)) };
    },
  });
}

function pendingInvites({ invites }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/invites',
    rate: 'read',
    handle: async ({ userId }) => ({ body: { invites: (await invites.pending(userId)).map(shownInvite) } }),
  });
}

function refuseInvite({ invites }: Parts): Route {
  return userRoute({
    method: 'DELETE',
    path: '/client/v1/invites/:room',
    rate: 'write',
    handle: async ({ userId, params: { room = '' } }) => {
      await invites.refuse(userId, room);
      return { body: {} };
    },
  });
}

function createCode({ access, invites, config }: Parts): Route {
  return userRoute<{ max_uses?: number; expires_in_ms?: number }>({
    method: 'POST',
    path: '/client/v1/guilds/:guild/invites',
    rate: 'write',
    schema: 'client-create-invite',
    handle: async ({ userId, params: { guild = '' }, body }) => {
      await access.requireGuild(guild, userId);
      const made = await invites.createCode(guild, userId, body);
      return { status: 201, body: { code: `${made.code}@${config.server_name}`, max_uses: made.max_uses, expires_ts: made.expires_ts } };
    },
  });
}

function revokeCode({ access, invites }: Parts): Route {
  return userRoute({
    method: 'DELETE',
    path: '/client/v1/guilds/:guild/invites/:code',
    rate: 'write',
    handle: async ({ userId, params: { guild = '', code = '' } }) => {
      await access.requireGuild(guild, userId);
      await invites.revokeCode(guild, userId, code);
      return { body: {} };
    },
  });
}

function join({ joins, stream, rooms }: Parts): Route {
  return userRoute<{ invite: string } | { room_id: string; via?: string[] }>({
    method: 'POST',
    path: '/client/v1/join',
    rate: 'write',
    schema: 'client-join',
    handle: async ({ userId, body }) => {
      const guildId = 'invite' in body ? await joins.byCode(userId, body.invite) : await joins.byId(userId, body.room_id, body.via ?? []);
      await stream.settled(await rooms.position());
      return { body: { guild_id: guildId } };
    },
  });
}
