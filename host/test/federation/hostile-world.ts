import {
  authSelection,
  buildEvent,
  type EventFields,
  type JsonObject,
  NATIVE_VERSION,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
} from '@openguild/core';
import type { TestClient } from '../client/test-client.ts';
import type { TestHost } from '../client/test-host.ts';
import { type Answer, FakeServer } from './fake-server.ts';
import { localHost } from './local-host.ts';

export const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
/** The ID of no event. */
export const NOWHERE = `$${'1'.repeat(32)}`;

/** One host with a public guild, one server that is in it and misbehaves, and one that is not. */
export interface HostileWorld {
  readonly host: TestHost & { readonly name: string };
  readonly alice: TestClient;
  readonly mallory: FakeServer;
  readonly stranger: FakeServer;
  readonly guild: string;
  readonly channel: string;
  /** A channel that only alice may see. */
  readonly secret: string;
  /** Mallory's user. */
  readonly eve: string;
  stop(): Promise<void>;
}

export async function hostileWorld(): Promise<HostileWorld> {
  const host = await localHost();
  const [mallory, stranger] = [await FakeServer.start(), await FakeServer.start()];
  const stop = async (): Promise<void> => {
    await host.stop();
    await mallory.stop();
    await stranger.stop();
  };
  try {
    return { host, mallory, stranger, stop, ...(await fort(host, mallory)) };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Fort = Pick<HostileWorld, 'alice' | 'guild' | 'channel' | 'secret' | 'eve'>;

async function fort(host: HostileWorld['host'], mallory: FakeServer): Promise<Fort> {
  const eve = mallory.user('eve');
  const alice = await host.register('alice');
  const guild = await alice.guild('Fort');
  const channel = await alice.channel(guild, 'general');
  const secret = await alice.channel(guild, 'secret');
  await alice.put(`/client/v1/channels/${secret}/overwrites`, {
    overwrites: [{ kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] }],
  });
  await alice.send(secret, 'hush');
  await alice.patch(`/client/v1/guilds/${guild}`, { join_rule: 'public' });
  await mallory.join(host, guild, eve);
  await mallory.takeIn(host, channel);
  return { alice, guild, channel, secret, eve };
}

export function refusal({ status, body }: Answer): [number, string | undefined, string | undefined] {
  return [status, body.error?.code, body.error?.rule];
}

/** A room's forward extremities and state hash at the host, as text. */
export async function heads({ alice }: HostileWorld, room: string): Promise<string> {
  return JSON.stringify(await alice.get(`/client/v1/rooms/${room}/state_hash`));
}

/** A channel event with any fields, signed by mallory. */
export async function forged({ mallory, channel, guild, eve }: HostileWorld, change: Partial<EventFields> = {}): Promise<RoomEvent> {
  const room = await mallory.store.rooms.open(channel);
  const guildRoom = await mallory.store.rooms.open(guild);
  const fields: EventFields = {
    type: 'm.room.message',
    sender: eve,
    content: { body: 'forged' },
    room_id: channel,
    origin_ts: Date.now(),
    prev_events: room?.extremities ?? [],
    guild_heads: guildRoom?.extremities ?? [],
    ...change,
  };
  return buildEvent(fields, VERSION, [mallory.identity.daily]);
}

/** A state event of the guild with any fields, with the auth events that it ought to have, signed by mallory. */
export async function forgedInGuild(
  { mallory, guild, eve }: HostileWorld,
  change: Pick<EventFields, 'type' | 'content'> & Partial<EventFields>,
): Promise<JsonObject> {
  const prev_events = (await mallory.store.rooms.open(guild))?.extremities ?? [];
  const fields = { sender: eve, state_key: '', room_id: guild, origin_ts: Date.now(), prev_events, ...change };
  const signers = [mallory.identity.daily];
  const sketch = buildEvent({ ...fields, auth_events: [] }, VERSION, signers);
  const auth_events = await mallory.runner.ask(guild, (room) => room.judgeAt(prev_events, (view) => authSelection(sketch, view, 'guild')));
  return buildEvent({ ...fields, auth_events }, VERSION, signers).pdu;
}
