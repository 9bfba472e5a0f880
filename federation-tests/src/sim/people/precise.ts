import { BITS, type JsonObject, type JsonValue, roomVersion, serverOf } from '@openguild/core';
import { rolesContent } from './roles.ts';
import type { StateNow, Wish, Wisher } from './state-now.ts';

interface Aim extends Wisher {
  /** A user of some server, perhaps the sender himself. */
  readonly target: string;
}

type Recipe = (aim: Aim) => Wish | undefined;

const state =
  (type: string, stateKey: (aim: Aim) => string, content: (aim: Aim) => JsonObject): Recipe =>
  (aim) => ({
    roomId: aim.world.mainRoom,
    draft: { type, sender: aim.who, state_key: stateKey(aim), content: content(aim) },
    signers: aim.signers,
  });

const none = (): string => '';
const self = ({ who }: Aim): string => who;
const other = ({ target }: Aim): string => target;
const guest = ({ random, target }: Aim): string => `@guest${random.int(1_000)}:${serverOf(target)}`;
const server = ({ target }: Aim): string => serverOf(target);
const channel = ({ world }: Aim): string => world.channels[0] ?? world.mainRoom;
const root = ({ world, who }: Aim): string => world.keyring.id(`${serverOf(who)}/k0`);
const roleChange =
  (id: string, role: JsonValue): ((aim: Aim) => JsonObject) =>
  ({ now }) => ({
    roles: { ...((now.get('m.guild.authority')?.content['roles'] as JsonObject | undefined) ?? rolesContent()), [id]: role },
  });
const entry = (fields: JsonObject): JsonObject => ({ overwrites: [{ kind: 'role', id: 'low', allow: '0', deny: '0', ...fields }] });
const levels =
  (change: JsonObject): ((aim: Aim) => JsonObject) =>
  ({ now }) => ({ ...now.get('m.room.power_levels')?.content, ...change });

/** One whose roles rank above his server's ceiling, if there is such a one. */
function held(aim: Aim): string {
  const users = aim.world.servers.find(({ name }) => name === lowest(aim))?.users ?? [];
  const high = (user: string): boolean =>
    ['["mod"]', '["admin"]'].includes(JSON.stringify(aim.now.get('m.guild.member_roles', user)?.content['roles']));
  return users.find(high) ?? aim.target;
}

/** Somebody else of the sender's server. */
function neighbour({ world, who, target }: Aim): string {
  const users = world.servers.find(({ name }) => name === serverOf(who))?.users ?? [];
  return users.find((user) => user !== who) ?? target;
}

/** The admitted server of the lowest ceiling, the sender's own aside unless there is no other: where an admission fails least by ranks. */
function lowest({ world, now, who }: Aim): string {
  const ceiling = (name: string): number => Number(now.get('m.server.admission', name)?.content['rank'] ?? Infinity);
  const names = world.servers.map(({ name }) => name).filter((name) => name !== serverOf(who));
  return names.reduce((best, name) => (ceiling(name) < ceiling(best) ? name : best), names[0] ?? serverOf(who));
}

/** A statement of keys, which the bare server makes and signs itself. */
const keys =
  (by: string, stateKey: (aim: Aim) => string, list: (aim: Aim) => JsonValue): Recipe =>
  (aim) => {
    const name = serverOf(aim.who);
    return {
      roomId: aim.world.mainRoom,
      draft: { type: 'm.server.keys', sender: `@:${name}`, state_key: stateKey(aim), content: { keys: list(aim) } },
      signers: [aim.world.keyring.signer(`${name}/${by}`)],
    };
  };

/** In the place of the ID that a room has only when it is there. */
export const NEW_CHANNEL = 'new channel';

const newChannel =
  (content: (aim: Aim) => JsonObject): Recipe =>
  (aim) => ({
    roomId: NEW_CHANNEL,
    draft: {
      type: 'm.channel.create',
      sender: aim.who,
      state_key: '',
      content: { guild: aim.world.mainRoom, kind: 'text', room_version: roomVersion(aim.world.shape.version)?.id ?? '', ...content(aim) },
    },
    signers: aim.signers,
  });

/** Somebody who has a key of his own changes it without that key: what a stolen host would try. */
const keyTheft: Recipe = (aim) => {
  const { world, now, who, signers } = aim;
  const users = world.servers.find(({ name }) => name === serverOf(who))?.users ?? [];
  const keyed = users.find((user) => now.get('m.guild.member_roles', user)?.content['key'] !== undefined);
  if (keyed === undefined) return undefined;
  const content = { ...present(now, keyed), stay: now.stay(keyed), key: world.keyring.id(`${keyed}/p9`) };
  return {
    roomId: world.mainRoom,
    draft: { type: 'm.guild.member_roles', sender: keyed, state_key: keyed, content },
    signers: signers.slice(0, 1),
  };
};

/** Acts that each aim at one rule, whether it is kept for whoever does it or not: what chance seldom hits. */
export const RECIPES: readonly Recipe[] = [
  // contents (AUTH-3)
  state('m.room.join_rules', none, () => ({ join_rule: 'knock' })),
  state(
    'm.room.join_rules',
    () => 'x',
    () => ({ join_rule: 'public' }),
  ),
  state('m.room.member', self, () => ({ membership: 'knock' })),
  state(
    'm.room.member',
    () => 'nobody',
    () => ({ membership: 'ban' }),
  ),
  state('m.server.admission', server, ({ world, target }) => ({
    ...world.keyring.admission(world.mainRoom, serverOf(target), 1),
    rank: -1,
  })),
  state(
    'm.server.admission',
    () => 'NO SERVER',
    ({ world }) => world.keyring.admission(world.mainRoom, 'x.example', 1),
  ),
  keys('k1', root, () => []),
  keys('k0', root, () => ['ed25519:x']),
  state('m.guild.authority', none, roleChange('bad name', { rank: 1, allow: '0' })),
  state('m.guild.authority', none, roleChange('low', { rank: 70_000, allow: '0' })),
  state('m.guild.authority', none, roleChange('low', { rank: 1, allow: '007' })),
  state('m.guild.authority', none, roleChange('low', { rank: 1, allow: '0', colour: 'red' })),
  state('m.guild.member_roles', other, ({ now, target }) => ({ stay: now.stay(target), roles: ['everyone'] })),
  state('m.guild.member_roles', other, ({ now, target }) => ({ stay: now.stay(target), roles: ['low', 'low'] })),
  state('m.channel.overwrites', channel, () => entry({ allow: '1024', deny: '1024' })),
  state('m.channel.overwrites', channel, () => entry({ id: 'a role' })),
  state('m.channel.overwrites', channel, ({ who }) => entry({ kind: 'member', id: `@:${serverOf(who)}` })),
  state(
    'm.channel.overwrites',
    () => 'nowhere',
    () => entry({}),
  ),
  state('m.guild.channel', channel, () => ({ kind: 'stage' })),
  state('m.room.power_levels', none, () => ({ ban: '50' })),
  state('m.room.power_levels', none, () => ({ users: { nobody: 1 } })),
  state(
    'm.guild.meta',
    () => 'x',
    () => ({ name: 'x' }),
  ),
  newChannel(() => ({ kind: 'stage' })),
  newChannel(() => ({})),
  // servers (AUTH-5)
  state('m.server.admission', server, ({ world, target }) => ({
    ...world.keyring.admission(world.mainRoom, serverOf(target), 5),
    proof: 'x',
  })),
  state(
    'm.server.admission',
    () => 'new.example',
    ({ world }) => world.keyring.admission(world.mainRoom, 'other.example', 5),
  ),
  state(
    'm.server.admission',
    () => 'new.example',
    ({ world }) => world.keyring.admission(world.mainRoom, 'new.example', 5),
  ),
  state('m.server.admission', server, ({ world, target }) => ({
    ...world.keyring.admission(world.mainRoom, serverOf(target), 5),
    keys: [world.keyring.id('evil')],
  })),
  // Right in all but the keys: the root signs for another list.
  state('m.server.admission', lowest, (aim) => aim.world.keyring.admissionOf(aim.world.mainRoom, lowest(aim), 1, 'k0', ['k0'])),
  state('m.server.admission', lowest, (aim) => aim.world.keyring.admissionOf(aim.world.mainRoom, lowest(aim), 1, 'k0', ['k0', 'k2', 'k1'])),
  state(
    'm.server.admission',
    ({ who }) => serverOf(who),
    ({ world, who }) => world.keyring.admission(world.mainRoom, serverOf(who), 200),
  ),
  keys(
    'k1',
    ({ world, target }) => world.keyring.id(`${serverOf(target)}/k0`),
    ({ world, who }) => [world.keyring.id(`${serverOf(who)}/k1`)],
  ),
  keys('k1', root, ({ world, who }) => [world.keyring.id(`${serverOf(who)}/k1`)]),
  keys('k2', root, ({ world, who }) => ['k1', 'k0', 'k2'].map((key) => world.keyring.id(`${serverOf(who)}/${key}`))),
  // membership (AUTH-6)
  state('m.room.member', other, ({ world, target }) => ({ membership: 'join', root: world.keyring.id(`${serverOf(target)}/k0`) })),
  state('m.room.member', self, (aim) => ({ membership: 'join', root: root(aim), stay: '$x' })),
  state('m.room.member', self, ({ world, who }) => ({ membership: 'join', root: world.keyring.id(`${serverOf(who)}/k1`) })),
  state('m.room.member', self, (aim) => ({ membership: 'join', root: root(aim), join_authorised_via: aim.target })),
  state('m.room.member', self, (aim) => ({ membership: 'join', root: root(aim), join_authorised_via: neighbour(aim) })),
  state('m.room.member', other, () => ({ membership: 'invite' })),
  // Nobody knows this one yet, so nothing is asked but whether the sender may invite.
  state('m.room.member', guest, () => ({ membership: 'invite' })),
  state('m.room.member', other, () => ({ membership: 'leave', ban: '$x' })),
  state('m.room.member', other, () => ({ membership: 'leave' })),
  // roles (AUTH-7)
  state('m.guild.authority', none, roleChange('everyone', { rank: 0, allow: BITS.ADMINISTRATOR.toString() })),
  state('m.guild.authority', none, roleChange('everyone', { rank: 1, allow: '0' })),
  state('m.guild.authority', none, roleChange('everyone', { rank: 0, allow: (BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES).toString() })),
  state('m.guild.authority', none, roleChange('low', { rank: 10, allow: BITS.MANAGE_GUILD.toString() })),
  state('m.guild.authority', none, roleChange('extra', { rank: 60, allow: '0' })),
  state('m.guild.member_roles', self, ({ now, who }) => ({ stay: now.stay(who), roles: ['admin'] })),
  state('m.guild.member_roles', self, ({ world, now, who }) => ({
    ...present(now, who),
    stay: now.stay(who),
    key: world.keyring.id(`${who}/p9`),
  })),
  // Another key of his own, and fewer roles at once.
  state('m.guild.member_roles', self, ({ world, now, who }) => ({
    stay: now.stay(who),
    roles: (present(now, who)['roles'] as readonly string[]).slice(1),
    key: world.keyring.id(`${who}/p9`),
  })),
  state('m.guild.member_roles', other, ({ now, target }) => ({ stay: now.stay(target), roles: ['nothing'] })),
  state('m.guild.member_roles', other, ({ now, target }) => ({ stay: now.stay(target), roles: ['admin'] })),
  state('m.guild.member_roles', other, ({ world, now, target }) => ({
    stay: now.stay(target),
    roles: ['low'],
    key: world.keyring.id(`${target}/p0`),
  })),
  state('m.guild.member_roles', other, () => ({ stay: '$x', roles: ['low'] })),
  state('m.guild.member_roles', self, ({ now, who }) => ({ ...present(now, who), stay: now.stay(who) })),
  state('m.guild.member_roles', other, ({ now, target }) => ({ stay: now.stay(target), roles: [] })),
  state('m.guild.member_roles', held, (aim) => ({ stay: aim.now.stay(held(aim)), roles: [] })),
  state('m.guild.member_roles', held, (aim) => ({ stay: aim.now.stay(held(aim)), roles: [] })),
  state('m.guild.member_roles', other, ({ world, now, target }) => ({
    ...present(now, target),
    stay: now.stay(target),
    key: world.keyring.id(`${target}/p8`),
  })),
  state('m.guild.channel', channel, () => ({ kind: 'text' })),
  state('m.channel.overwrites', channel, ({ now, target }) => ({
    overwrites: [
      { kind: 'member', id: target, allow: '0', deny: '2048', ...(now.membership(target) === 'join' ? { stay: now.stay(target) } : {}) },
    ],
  })),
  state('m.channel.overwrites', channel, ({ world, now }) => ({
    overwrites: world.servers
      .flatMap(({ users }) => users)
      .slice(0, 4)
      .map((id) => ({ kind: 'member', id, allow: '0', deny: '2048', ...(now.membership(id) === 'join' ? { stay: now.stay(id) } : {}) })),
  })),
  state('m.channel.overwrites', channel, () => entry({ id: 'nothing' })),
  state('m.channel.overwrites', channel, () => entry({ allow: BITS.MANAGE_CHANNELS.toString() })),
  state('m.channel.overwrites', channel, () => entry({ id: 'admin', deny: BITS.VIEW_CHANNEL.toString() })),
  state('m.channel.overwrites', channel, ({ target }) => ({
    overwrites: [{ kind: 'member', id: target, allow: '0', deny: '2048', stay: '$x' }],
  })),
  state(
    'm.channel.overwrites',
    () => '!ExcuTxvSpgQ5ZLFQ7PDL8vTzCuKkBM7HbKkgc3LjZC8y:x.example',
    () => entry({}),
  ),
  state('m.guild.successor', none, ({ world }) => ({ guild: world.mainRoom })),
  state('m.guild.meta', none, () => ({ name: 'mine' })),
  state(
    'm.guild.role',
    () => 'admin',
    () => ({ name: 'mine' }),
  ),
  keyTheft,
  keyTheft,
  // levels (AUTH-9)
  state('m.room.power_levels', none, levels({ ban: 0 })),
  state('m.room.power_levels', none, levels({ events: { 'm.room.message': 95 } })),
  state('m.room.power_levels', none, (aim) =>
    levels({ users: { ...(aim.now.get('m.room.power_levels')?.content['users'] as JsonObject | undefined), [aim.target]: 1 } })(aim),
  ),
  state('m.room.power_levels', none, (aim) =>
    levels({ users: { ...(aim.now.get('m.room.power_levels')?.content['users'] as JsonObject | undefined), [aim.target]: 99 } })(aim),
  ),
  state('m.room.power_levels', none, ({ world }) => ({ users: { [world.servers[0]?.users[0] ?? '']: 1 } })),
  state(
    'm.room.topic',
    ({ target }) => target,
    () => ({ topic: 'x' }),
  ),
  state('m.room.merge', none, () => ({})),
];

function present(now: StateNow, who: string): JsonObject {
  const { roles = [] } = now.get('m.guild.member_roles', who)?.content ?? {};
  return { roles };
}
