import { NATIVE_VERSION, type RoomEvent } from '@openguild/core';
import type { RunnerLimits, Store, Verify } from '@openguild/storage';
import { admission, EVERYONE, keysOf, MODERATOR, rootOf, TestServer } from './test-server.ts';

export const [A, B] = ['a.example', 'b.example'] as const;
export const OLGA = '@olga:a.example';
export const CAROL = '@carol:a.example';
export const BOB = '@bob:b.example';

/** A guild on two servers with one text channel: olga@a owns it, carol@a and bob@b are members, bob is moderator. */
export interface TwoServers {
  readonly a: TestServer;
  readonly b: TestServer;
  readonly guild: string;
  readonly channel: string;
  readonly bobsStay: string;
  /** The guild's events in order of making; both servers have them. */
  readonly guildEvents: readonly RoomEvent[];
  /** Only a has it. */
  readonly channelCreate: RoomEvent;
}

export async function twoServers(stores: {
  readonly a: Store;
  readonly b: Store;
  readonly limits?: Partial<RunnerLimits>;
  readonly verify?: Verify;
}): Promise<TwoServers> {
  const a = new TestServer(A, stores.a, stores.limits, stores.verify);
  const b = new TestServer(B, stores.b, stores.limits, stores.verify);
  const guildEvents: RoomEvent[] = [];
  const create = await a.add(null, OLGA, 'm.guild.create', { room_version: NATIVE_VERSION, root: rootOf(A), keys: keysOf(A) }, '');
  const guild = create.room_id;
  guildEvents.push(create);
  const add = async (
    server: TestServer,
    sender: string,
    type: string,
    content: Parameters<TestServer['add']>[3],
    key: string,
  ): Promise<RoomEvent> => {
    const event = await server.add(guild, sender, type, content, key);
    guildEvents.push(event);
    return event;
  };
  const roles = { everyone: { rank: 0, allow: String(EVERYONE) }, mod: { rank: 50, allow: String(MODERATOR) } };
  await add(a, OLGA, 'm.room.member', { membership: 'join', root: rootOf(A) }, OLGA);
  await add(a, OLGA, 'm.guild.authority', { roles }, '');
  await add(a, OLGA, 'm.room.join_rules', { join_rule: 'public' }, '');
  await add(a, OLGA, 'm.server.admission', admission(guild, B, 50), B);
  const channelCreate = await a.add(null, OLGA, 'm.channel.create', { room_version: NATIVE_VERSION, guild, kind: 'text' }, '');
  await add(a, OLGA, 'm.guild.channel', { kind: 'text' }, channelCreate.room_id);
  await add(a, CAROL, 'm.room.member', { membership: 'join', root: rootOf(A) }, CAROL);
  for (const event of guildEvents) await expectAccepted(b, event);
  const join = await add(b, BOB, 'm.room.member', { membership: 'join', root: rootOf(B) }, BOB);
  await expectAccepted(a, join);
  const grant = await add(a, OLGA, 'm.guild.member_roles', { stay: join.event_id, roles: ['mod'] }, BOB);
  await expectAccepted(b, grant);
  return { a, b, guild, channel: channelCreate.room_id, bobsStay: join.event_id, guildEvents, channelCreate };
}

async function expectAccepted(server: TestServer, event: RoomEvent): Promise<void> {
  const outcome = await server.receive(event);
  if (outcome.kind !== 'accepted') throw new Error(`${server.name}: ${event.type}: ${JSON.stringify(outcome)}`);
}
