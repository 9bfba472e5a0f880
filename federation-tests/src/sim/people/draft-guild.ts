import { ALL_BITS, BITS, type JsonObject, type JsonValue } from '@openguild/core';
import type { Random } from '../environment/random.ts';
import { ADMIN, EVERYDAY, rolesContent } from './roles.ts';
import { someChannel, stateWish, type Wish, type Wisher } from './state-now.ts';

const ROLE_SETS: readonly (readonly string[])[] = [[], ['low'], ['mod'], ['admin'], ['low', 'mod'], ['extra'], ['mod', 'admin']];
const SOME_BITS: readonly bigint[] = [
  0n,
  EVERYDAY,
  BITS.KICK_MEMBERS,
  BITS.BAN_MEMBERS,
  BITS.MANAGE_ROLES | BITS.MANAGE_CHANNELS,
  BITS.ADMINISTRATOR,
  BITS.ADMIT_SERVERS,
  BITS.MANAGE_GUILD,
  BITS.MANAGE_MESSAGES,
  BITS.CREATE_INVITE,
];
/** All that an overwrite touches, and two that it does not. */
const OF_CHANNELS: readonly bigint[] = [
  BITS.VIEW_CHANNEL,
  BITS.SEND_MESSAGES,
  BITS.MANAGE_MESSAGES,
  BITS.MANAGE_CHANNELS,
  BITS.MANAGE_ROLES,
  BITS.CONNECT,
  BITS.KICK_MEMBERS,
  1n << 40n,
];
/** Now and then without the right to invite, or with rights that nobody expects. */
const FOR_EVERYONE: readonly bigint[] = [
  EVERYDAY,
  BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES,
  BITS.VIEW_CHANNEL,
  EVERYDAY | BITS.MANAGE_MESSAGES,
];
const RANKS = [0, 5, 10, 20, 50, 60, 90, 95] as const;

export function grant(wisher: Wisher, target: string): Wish | undefined {
  const { world, random, now, who } = wisher;
  const user = random.chance(0.15) ? who : target;
  const content: Record<string, JsonValue> = { stay: now.stay(user), roles: [...random.pick(ROLE_SETS)] };
  const before = now.get('m.guild.member_roles', user)?.content;
  if (before !== undefined && random.chance(0.3)) {
    const held = Array.isArray(before['roles']) ? before['roles'] : [];
    content['roles'] = random.chance(0.5) ? held.slice(1) : [...held];
  }
  if (random.chance(0.35))
    content['roles'] = someOf(random, [...Object.keys(rolesNow(wisher)), ...(random.chance(0.1) ? ['extra', 'gate'] : [])]).filter(
      (id) => id !== 'everyone',
    );
  const key = before?.['key'] ?? (world.personKeys.has(user) ? world.keyring.id(world.personKeys.get(user) ?? '') : undefined);
  if (key !== undefined && random.chance(0.8)) content['key'] = key;
  else if (random.chance(0.25)) {
    const name = `${user}/p${random.int(2)}`;
    content['key'] = world.keyring.id(name);
    world.personKeys.set(user, name);
  }
  return stateWish(wisher, 'm.guild.member_roles', user, content);
}

export function authority(wisher: Wisher): Wish {
  const { world, random } = wisher;
  const roles: Record<string, JsonValue> = { ...rolesNow(wisher) };
  if (world.shape.disputed && random.chance(0.7)) return rights(wisher, roles);
  const name = random.pick(['low', 'low', 'mod', 'admin', 'extra', 'gate', ...(random.chance(0.35) ? ['everyone'] : [])]);
  if (random.chance(0.15)) delete roles[name];
  else
    roles[name] = {
      rank: name === 'everyone' && random.chance(0.8) ? 0 : random.pick(RANKS),
      allow: allowed(random, name).toString(),
    };
  return stateWish(wisher, 'm.guild.authority', '', { roles });
}

function rolesNow({ now }: Wisher): JsonObject {
  return (now.get('m.guild.authority')?.content['roles'] as JsonObject | undefined) ?? rolesContent();
}

/** Mostly what people give roles; now and then any rights, and without those that all others rest on. */
function allowed(random: Random, role: string): bigint {
  if (random.chance(0.02)) return ALL_BITS;
  if (random.chance(0.25))
    return union(someOf(random, Object.values(BITS))) & (role === 'everyone' && random.chance(0.7) ? ~NEVER_EVERYONE : ALL_BITS);
  return role === 'everyone' ? random.pick(FOR_EVERYONE) : random.pick(SOME_BITS) | EVERYDAY;
}

const NEVER_EVERYONE = BITS.ADMINISTRATOR | BITS.ADMIT_SERVERS;

function someOf<T>(random: Random, all: readonly T[]): T[] {
  const share = random.pick([0.2, 0.6]);
  return all.filter(() => random.chance(share));
}

function union(bits: readonly bigint[]): bigint {
  return bits.reduce((sum, bit) => sum | bit, 0n);
}

/** A role gains or loses what it may do in channels, so that one who loses may rank above one who may still (RES-8). */
function rights(wisher: Wisher, roles: JsonObject): Wish {
  const { random } = wisher;
  const { MANAGE_CHANNELS, MANAGE_MESSAGES } = BITS;
  const name = random.pick(['low', 'mod', 'admin', 'admin']);
  const allow = random.pick([EVERYDAY, EVERYDAY, EVERYDAY | MANAGE_MESSAGES, EVERYDAY | MANAGE_CHANNELS | MANAGE_MESSAGES, ADMIN]);
  const role = { ...((roles[name] as JsonObject | undefined) ?? { rank: 10 }), allow: allow.toString() };
  return stateWish(wisher, 'm.guild.authority', '', { roles: { ...roles, [name]: role } });
}

export function overwrites(wisher: Wisher, target: string): Wish | undefined {
  const { random, now } = wisher;
  const channel = someChannel(wisher);
  if (channel === undefined) return undefined;
  const present = now.get('m.channel.overwrites', channel)?.content['overwrites'];
  const entries = random.chance(0.6) && Array.isArray(present) ? [...present] : [];
  for (const entry of drawEntries(wisher, target)) {
    const at = entries.findIndex((one) => (one as JsonObject)['kind'] === entry['kind'] && (one as JsonObject)['id'] === entry['id']);
    if (at >= 0) entries.splice(at, 1);
    entries.push(entry);
  }
  return stateWish(wisher, 'm.channel.overwrites', channel, { overwrites: entries });
}

/** Entries of any rights, for roles that are there or not, of which one takes what another gives. */
function anyEntries(wisher: Wisher, target: string): JsonObject[] {
  const { random, now } = wisher;
  const stay = now.membership(target) === 'join' ? { stay: now.stay(target) } : {};
  const whose: JsonObject[] = someOf(random, [...Object.keys(rolesNow(wisher)), ...(random.chance(0.1) ? ['extra'] : [])]).map((id) => ({
    kind: 'role',
    id,
  }));
  if (random.chance(0.5)) whose.push({ kind: 'member', id: target, ...stay });
  return whose.map((one) => {
    const allow = union(someOf(random, OF_CHANNELS));
    const deny = union(someOf(random, OF_CHANNELS)) & ~allow;
    return { ...one, allow: allow.toString(), deny: deny.toString() };
  });
}

function drawEntries(wisher: Wisher, target: string): JsonObject[] {
  const { world, random, now } = wisher;
  if (random.chance(0.5)) return anyEntries(wisher, target);
  const mask = (...bits: readonly bigint[]): string => random.pick(bits).toString();
  const { VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES, MANAGE_CHANNELS, MANAGE_ROLES } = BITS;
  const entries: JsonObject[] = [];
  // Where channels are fenced nobody may do much in them but by an entry of his role or of his own.
  const { fenced } = world.shape;
  if (random.chance(0.6))
    entries.push({ kind: 'role', id: 'everyone', allow: '0', deny: fenced ? mask(SEND_MESSAGES) : mask(0n, VIEW_CHANNEL, SEND_MESSAGES) });
  if (random.chance(0.5))
    entries.push({
      kind: 'role',
      id: random.pick(['low', 'mod', 'admin', 'extra']),
      allow: mask(VIEW_CHANNEL, SEND_MESSAGES, MANAGE_ROLES, 0n),
      deny: mask(0n, MANAGE_MESSAGES, MANAGE_CHANNELS),
    });
  if (random.chance(fenced ? 0.8 : 0.4))
    entries.push({
      kind: 'member',
      id: target,
      ...(fenced && random.chance(0.7)
        ? { allow: mask(SEND_MESSAGES, SEND_MESSAGES | MANAGE_MESSAGES, MANAGE_MESSAGES | MANAGE_CHANNELS), deny: mask(0n, VIEW_CHANNEL) }
        : { allow: mask(0n, MANAGE_MESSAGES, MANAGE_ROLES, VIEW_CHANNEL), deny: mask(0n, SEND_MESSAGES) }),
      ...(now.membership(target) === 'join' ? { stay: now.stay(target) } : {}),
    });
  return entries;
}

export function listing(wisher: Wisher): Wish | undefined {
  const channel = someChannel(wisher);
  if (channel === undefined) return undefined;
  return stateWish(wisher, 'm.guild.channel', channel, {
    kind: wisher.random.pick(['text', 'text', 'voice']),
    ...(wisher.random.chance(0.25) ? { deleted: true } : {}),
  });
}
