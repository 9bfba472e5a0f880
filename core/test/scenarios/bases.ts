import { BITS, EVERYDAY_BITS } from '@openguild/core';
import { act, keysOf, Person, type RoleTable, Server, signedBy, within } from './acts.ts';
import { World } from './world.ts';

export const olga = new Person('olga', 'a.example');
export const adam = new Person('adam', 'a.example');
export const mod = new Person('mod', 'a.example');
export const bea = new Person('bea', 'b.example');
export const moss = new Person('moss', 'b.example');
export const max = new Person('max', 'b.example');
export const sam = new Person('sam', 'e.example');
export const eve = new Person('eve', 'e.example');
export const cleo = new Person('cleo', 'c.example');
export const [a, b, c] = ['a.example', 'b.example', 'c.example'].map((name) => new Server(name)) as [Server, Server, Server];

export const MODERATOR =
  EVERYDAY_BITS | BITS.MANAGE_ROLES | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_MESSAGES | BITS.ADMIT_SERVERS;
export const ADMIN = MODERATOR | BITS.MANAGE_CHANNELS | BITS.MANAGE_GUILD;
export const ROLES: RoleTable = {
  everyone: [0, EVERYDAY_BITS],
  admin: [90, ADMIN],
  mod: [50, MODERATOR],
  low: [10, EVERYDAY_BITS],
};

const RANKS: readonly (readonly [Person, string, string | null])[] = [
  [adam, 'adam', 'admin'],
  [bea, 'bea', 'admin'],
  [mod, 'mod', 'mod'],
  [moss, 'moss', 'mod'],
  [max, 'max', null],
  [sam, 'sam', null],
  [eve, 'eve', null],
];

interface GuildOptions {
  readonly ceilings?: Readonly<Record<string, number>>;
  readonly ownerKey?: string;
}

function guildOf({ ceilings = { 'b.example': 90, 'e.example': 50 }, ownerKey }: GuildOptions = {}): World {
  const w = new World();
  const keys = ownerKey === undefined ? ['a.example/k1'] : ['a.example/k1', ownerKey];
  const content = { root: 'a.example/k0', keys: keysOf('a.example'), ...(ownerKey === undefined ? {} : { owner_key: ownerKey }) };
  w.add('create', signedBy(keys, act(olga.id, 'm.guild.create', content, '')));
  w.add('olga_j', olga.joins());
  w.add('roles', signedBy(keys, olga.setsRoles(ROLES)));
  w.add('open', signedBy(keys, olga.setsJoinRule('public')));
  for (const [server, rank] of Object.entries(ceilings)) w.add(`admit_${server[0]}`, signedBy(keys, olga.admits(server, rank)));
  for (const [person, name, role] of RANKS) {
    w.add(`${name}_j`, person.joins());
    if (role !== null) w.add(`${name}_g`, signedBy(keys, olga.grants(person, [role])));
  }
  return w;
}

/**
 * olga@a owns the guild; adam@a and bea@b are admins (90), mod@a and moss@b moderators (50); max@b, sam@e, eve@e are members.
 * Server b is admitted up to rank 90, e up to 50. Anybody may join.
 */
export const guild = (): World => guildOf();

/** The guild with server c admitted up to 90, too. */
export const guildWithC = (): World => guildOf({ ceilings: { 'b.example': 90, 'e.example': 50, 'c.example': 90 } });

/** The guild, and eve@e has a role of rank 10 that may admit servers. */
export function guildWithGate(): World {
  const w = guild();
  w.add('roles2', olga.setsRoles({ ...ROLES, gate: [10, BITS.ADMIT_SERVERS | EVERYDAY_BITS] }));
  w.add('eve_g', olga.grants(eve, ['gate']));
  return w;
}

/** The guild whose owner has a key of her own. */
export const guildWithOwnerKey = (): World => guildOf({ ownerKey: 'olga/p0' });

/** The guild with the text channel c1. */
export function guildWithChannel(): World {
  const w = guild();
  w.add('c1_new', olga.createsChannel('c1'));
  w.add('c1_list', olga.lists('c1'));
  return w;
}

/** A plain room: olga@a made it, adam@a has level 90, mod@a 50; max@b and sam@e are members. Anybody may join. */
export function plain(): World {
  const w = new World();
  const within1 = (what: ReturnType<typeof act>): ReturnType<typeof act> => within('p1', what);
  w.add('p1_new', act(olga.id, 'm.room.create', { root: 'a.example/k0', keys: keysOf('a.example') }, '', 'p1'));
  w.add('p1_olga', within1(olga.joins()));
  w.add('p1_levels', olga.setsLevels({ users: { [adam.id]: 90, [mod.id]: 50 } }));
  w.add('p1_open', within1(olga.setsJoinRule('public')));
  for (const server of ['b.example', 'e.example']) w.add(`p1_${server[0]}`, within1(olga.admits(server, 50)));
  for (const [person, name] of RANKS.filter(([person]) => [adam, mod, max, sam].includes(person)))
    w.add(`p1_${name}`, within1(person.joins()));
  return w;
}

export const BASES = { guild, guildWithC, guildWithGate, guildWithOwnerKey, guildWithChannel, plain };
export type BaseName = keyof typeof BASES;
