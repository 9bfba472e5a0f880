import type { JsonObject } from '@openguild/core';
import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import { settled } from './services.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'access' | 'guilds' | 'guildState' | 'invites' | 'memberships' | 'stream' | 'config'>;

export function guildRoutes(parts: Parts): Route[] {
  return [createGuild(parts), listGuilds(parts), readGuild(parts), changeGuild(parts)];
}

function createGuild({ guilds, stream }: Parts): Route {
  return userRoute<{ name: string; room_version?: string }>({
    method: 'POST',
    path: '/client/v1/guilds',
    rate: 'write',
    schema: 'client-create-guild',
    handle: async ({ userId, body }) => {
      const { guildId, last } = await guilds.create(userId, body.name, body.room_version);
      await settled(stream, last);
      return { status: 201, body: { guild_id: guildId } };
    },
  });
}

function listGuilds({ memberships, guildState }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/guilds',
    rate: 'read',
    handle: async ({ userId }) => {
      const joined = [...memberships.of(userId)].filter(([, entry]) => entry.membership === 'join').map(([guildId]) => guildId);
      const summaries = await Promise.all(joined.map((guildId) => guildState.summary(guildId, userId)));
      return { body: { guilds: summaries.map(({ guild_id, name, owner }) => ({ guild_id, name, owner })) } };
    },
  });
}

function readGuild({ access, guildState, invites, config }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/guilds/:guild',
    rate: 'read',
    handle: async ({ userId, params: { guild = '' } }) => {
      await access.requireGuild(guild, userId);
      const codes: JsonObject[] = (await invites.codes(guild, userId)).map((code) => ({
        code: `${code.code}@${config.server_name}`,
        creator: code.creator,
        uses: code.uses,
        max_uses: code.max_uses,
        expires_ts: code.expires_ts,
      }));
      return { body: { ...(await guildState.summary(guild, userId)), invites: codes } };
    },
  });
}

function changeGuild({ access, guilds, stream }: Parts): Route {
  return userRoute<{ name?: string; join_rule?: string }>({
    method: 'PATCH',
    path: '/client/v1/guilds/:guild',
    rate: 'write',
    schema: 'client-change-guild',
    handle: async ({ userId, params: { guild = '' }, body }) => {
      await access.requireGuild(guild, userId);
      return { body: await settled(stream, await guilds.change(guild, userId, body)) };
    },
  });
}
