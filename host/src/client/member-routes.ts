import { isUserId } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import { settled } from './services.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'access' | 'members' | 'stream'>;

export function memberRoutes(parts: Parts): Route[] {
  return [removeMember(parts), banMember(parts), unbanMember(parts)];
}

function removeMember({ access, members, stream }: Parts): Route {
  return userRoute({
    method: 'DELETE',
    path: '/client/v1/guilds/:guild/members/:user',
    rate: 'write',
    handle: async ({ userId, params: { guild = '', user = '' } }) => {
      await access.requireGuild(guild, userId);
      return { body: await settled(stream, await members.remove(guild, userId, userIn(user))) };
    },
  });
}

function banMember({ access, members, stream }: Parts): Route {
  return userRoute<{ reason?: string }>({
    method: 'PUT',
    path: '/client/v1/guilds/:guild/bans/:user',
    rate: 'write',
    schema: 'client-ban',
    handle: async ({ userId, params: { guild = '', user = '' }, body }) => {
      await access.requireGuild(guild, userId);
      return { body: await settled(stream, await members.ban(guild, userId, userIn(user), body.reason)) };
    },
  });
}

function unbanMember({ access, members, stream }: Parts): Route {
  return userRoute({
    method: 'DELETE',
    path: '/client/v1/guilds/:guild/bans/:user',
    rate: 'write',
    handle: async ({ userId, params: { guild = '', user = '' } }) => {
      await access.requireGuild(guild, userId);
      return { body: await settled(stream, await members.unban(guild, userId, userIn(user))) };
    },
  });
}

function userIn(path: string): string {
  if (!isUserId(path)) throw new HostError('BAD_REQUEST', 'the path does not name a user');
  return path;
}
