import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import type { OverwriteInput } from '../services/channels.ts';
import { settled } from './services.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'access' | 'channels' | 'stream'>;

export function channelRoutes(parts: Parts): Route[] {
  return [createChannel(parts), changeChannel(parts), removeChannel(parts), setOverwrites(parts)];
}

function createChannel({ access, channels, stream }: Parts): Route {
  return userRoute<{ name: string; kind: string; topic?: string }>({
    method: 'POST',
    path: '/client/v1/guilds/:guild/channels',
    rate: 'write',
    schema: 'client-create-channel',
    handle: async ({ userId, params: { guild = '' }, body }) => {
      await access.requireGuild(guild, userId);
      const { channelId, last } = await channels.create(guild, userId, body);
      await settled(stream, last);
      return { status: 201, body: { channel_id: channelId } };
    },
  });
}

function changeChannel({ access, channels, stream }: Parts): Route {
  return userRoute<{ name?: string; topic?: string }>({
    method: 'PATCH',
    path: '/client/v1/channels/:channel',
    rate: 'write',
    schema: 'client-change-channel',
    handle: async ({ userId, params: { channel = '' }, body }) => {
      await access.requireChannel(channel, userId);
      return { body: await settled(stream, await channels.change(channel, userId, body)) };
    },
  });
}

function removeChannel({ access, channels, stream }: Parts): Route {
  return userRoute({
    method: 'DELETE',
    path: '/client/v1/channels/:channel',
    rate: 'write',
    handle: async ({ userId, params: { channel = '' } }) => {
      const { authority } = await access.requireChannel(channel, userId);
      return { body: await settled(stream, await channels.remove(authority, channel, userId)) };
    },
  });
}

function setOverwrites({ access, channels, stream }: Parts): Route {
  return userRoute<{ overwrites: OverwriteInput[] }>({
    method: 'PUT',
    path: '/client/v1/channels/:channel/overwrites',
    rate: 'write',
    schema: 'client-overwrites',
    handle: async ({ userId, params: { channel = '' }, body }) => {
      const { authority } = await access.requireChannel(channel, userId);
      return { body: await settled(stream, await channels.setOverwrites(authority, channel, userId, body.overwrites)) };
    },
  });
}
