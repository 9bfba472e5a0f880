import { BITS, type EventDraft, type JsonObject, serverOf } from '@openguild/core';
import { rolesContent } from './people/roles.ts';
import { HostileServer } from './hostile/hostile-server.ts';
import { SimServer } from './server/server.ts';
import type { World } from './world.ts';

/** Makes the servers, the room, its first servers and members, under a clear sky; ends when everybody knows everything. */
export async function begin(world: World): Promise<void> {
  const { shape, random } = world;
  for (let i = 0; i < shape.servers; i++) {
    if (i > 1 && shape.without.has(`server${i}`)) continue;
    const name = `s${i}.example`;
    const users = Array.from({ length: shape.usersPerServer }, (_, u) => `@u${u}:${name}`);
    const hostile = i > 0 && i > shape.servers - 1 - shape.hostile;
    world.servers.push(hostile ? new HostileServer(world, name, users) : new SimServer(world, name, users));
  }
  for (const server of world.servers) server.start();
  const first = world.servers[0] as SimServer;
  const owner = first.users[0] as string;
  if (shape.ownerKey) world.personKeys.set(owner, `${owner}/p0`);
  world.mainRoom = await make(world, null, owner, {
    type: shape.kind === 'guild' ? 'm.guild.create' : 'm.room.create',
    sender: owner,
    state_key: '',
    content: {
      room_version: shape.version,
      ...world.keyring.keysOf(first.name),
      ...(shape.ownerKey ? { owner_key: world.keyring.id(`${owner}/p0`) } : {}),
    },
  });
  const put = (type: string, stateKey: string, content: JsonObject): Promise<string> =>
    make(world, world.mainRoom, owner, { type, sender: owner, state_key: stateKey, content });
  await put('m.room.member', owner, { membership: 'join', root: world.keyring.id(`${first.name}/k0`) });
  if (shape.kind === 'guild' && !shape.lateRoles)
    await put('m.guild.authority', '', { roles: rolesContent(shape.chiefs ? { admin: BITS.ADMINISTRATOR } : {}) });
  if (shape.kind === 'plain')
    await put('m.room.power_levels', '', {
      ...(shape.chiefs ? { users_default: 10 } : {}),
      users: Object.fromEntries(
        world.servers
          .flatMap((s) => s.users.slice(0, 1))
          .filter((u) => u !== owner)
          .map((u, i) => [u, i % 2 === 0 ? 90 : 50]),
      ),
    });
  await put('m.room.join_rules', '', { join_rule: 'public' });
  for (const { name } of world.servers.slice(1))
    await put('m.server.admission', name, world.keyring.admission(world.mainRoom, name, random.pick([0, 40, 95, 95, 95, 200])));
  if (shape.kind === 'guild') await beginChannels(world, owner, put);
  await members(world, owner, put);
  await world.scheduler.runUntil(world.scheduler.now + 30_000);
}

async function beginChannels(
  world: World,
  owner: string,
  put: (type: string, stateKey: string, content: JsonObject) => Promise<string>,
): Promise<void> {
  for (let i = 0; i < world.shape.channels; i++) {
    const content = { room_version: world.shape.version, guild: world.mainRoom, kind: 'text' };
    const channel = await make(world, null, owner, { type: 'm.channel.create', sender: owner, state_key: '', content });
    world.channels.push(channel);
    await put('m.guild.channel', channel, { kind: 'text' });
  }
}

async function members(
  world: World,
  owner: string,
  put: (type: string, stateKey: string, content: JsonObject) => Promise<string>,
): Promise<void> {
  const { random, shape } = world;
  for (const server of world.servers) {
    for (const user of server.users) {
      if (user === owner || random.chance(0.15)) continue;
      const joined = await settle(world, server.life?.join(world.mainRoom, user, world.servers[0]?.name ?? '', {}));
      const role = random.pick([undefined, 'low', 'mod', 'admin']);
      await world.scheduler.runUntil(world.scheduler.now + 500);
      if (joined === undefined || joined.outcome.kind === 'refused' || role === undefined || shape.kind === 'plain' || shape.lateRoles)
        continue;
      const key = `${user}/p0`;
      const keyed = random.chance(shape.chiefs ? 0.5 : 0.2);
      if (keyed) world.personKeys.set(user, key);
      await put('m.guild.member_roles', user, {
        stay: joined.event.event_id,
        roles: [role],
        ...(keyed ? { key: world.keyring.id(key) } : {}),
      });
    }
  }
}

/** The first server makes an event; the room's ID if it makes a room, else the event's. */
async function make(world: World, roomId: string | null, user: string, draft: EventDraft): Promise<string> {
  const server = world.servers.find((one) => one.name === serverOf(user)) as SimServer;
  const signers = server.signersOf(user);
  const made = await settle(world, server.life?.create(roomId, draft, signers));
  if (made === undefined || made.outcome.kind === 'refused') {
    const error = new Error(`the beginning was refused: ${JSON.stringify(made?.outcome)}`);
    const attempt = await server.life?.attempt(roomId, draft, signers);
    if (attempt !== undefined) world.ledger.broken.set(error, attempt);
    throw error;
  }
  return roomId === null ? made.event.room_id : made.event.event_id;
}

/** Lets time pass until a promise is settled. */
export async function settle<T>(world: World, promise: Promise<T> | undefined): Promise<T | undefined> {
  let done = false;
  let value: T | undefined;
  let failed: unknown;
  promise?.then(
    (result) => {
      done = true;
      value = result;
    },
    (error: unknown) => {
      done = true;
      failed = error;
    },
  );
  await world.scheduler.drain();
  while (promise !== undefined && !done) if (!(await world.scheduler.step())) break;
  if (failed !== undefined) throw failed;
  return value;
}
