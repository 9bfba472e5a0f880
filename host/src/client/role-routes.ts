import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import type { RoleChange } from '../services/roles.ts';
import { settled } from './services.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'access' | 'roles' | 'stream'>;

export function roleRoutes(parts: Parts): Route[] {
  return [createRole(parts), changeRole(parts), removeRole(parts), grantRoles(parts)];
}

function createRole({ access, roles, stream }: Parts): Route {
  return userRoute<Required<RoleChange>>({
    method: 'POST',
    path: '/client/v1/guilds/:guild/roles',
    rate: 'write',
    schema: 'client-create-role',
    handle: async ({ userId, params: { guild = '' }, body }) => {
      await access.requireGuild(guild, userId);
      const { roleId, last } = await roles.create(guild, userId, body);
      return { status: 201, body: { role_id: roleId, ...(await settled(stream, last)) } };
    },
  });
}

function changeRole({ access, roles, stream }: Parts): Route {
  return userRoute<RoleChange>({
    method: 'PATCH',
    path: '/client/v1/guilds/:guild/roles/:role',
    rate: 'write',
    schema: 'client-change-role',
    handle: async ({ userId, params: { guild = '', role = '' }, body }) => {
      await access.requireGuild(guild, userId);
      return { body: await settled(stream, await roles.change(guild, userId, role, body)) };
    },
  });
}

function removeRole({ access, roles, stream }: Parts): Route {
  return userRoute({
    method: 'DELETE',
    path: '/client/v1/guilds/:guild/roles/:role',
    rate: 'write',
    handle: async ({ userId, params: { guild = '', role = '' } }) => {
      await access.requireGuild(guild, userId);
      return { body: await settled(stream, await roles.remove(guild, userId, role)) };
    },
  });
}

function grantRoles({ access, roles, stream }: Parts): Route {
  return userRoute<{ roles: string[] }>({
    method: 'PUT',
    path: '/client/v1/guilds/:guild/members/:user/roles',
    rate: 'write',
    schema: 'client-member-roles',
    handle: async ({ userId, params: { guild = '', user = '' }, body }) => {
      await access.requireGuild(guild, userId);
      return { body: await settled(stream, await roles.grant(guild, userId, user, body.roles)) };
    },
  });
}
