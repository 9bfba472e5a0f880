import type { JsonObject } from '@openguild/core';
import { BIT, EVERY_BIT, EVERYDAY, isBare, type ModelEvent, OF_CHANNELS, OWNER, serverPart, type View } from './event.ts';
import { ACT_LEVELS } from './shapes.ts';

// AUTH-4: what a state says about servers and people. The contents read here were accepted, so their shape is right.

export function owner(v: View): string {
  return v.create?.sender ?? '';
}

export function isPlain(v: View): boolean {
  return v.create?.type === 'm.room.create';
}

/** AUTH-4.1 */
export function admission(
  v: View,
  server: string,
): { readonly root: string; readonly rank: number; readonly keys: readonly string[] } | undefined {
  const by = server === serverPart(owner(v)) ? v.create : v.get('m.server.admission', server);
  if (by === undefined) return undefined;
  return {
    root: by.content['root'] as string,
    keys: by.content['keys'] as string[],
    rank: by === v.create ? OWNER : (by.content['rank'] as number),
  };
}

/** AUTH-4.2 */
export function keysOf(v: View, server: string): readonly string[] {
  const a = admission(v, server);
  if (a === undefined) return [];
  const own = v.get('m.server.keys', a.root);
  return own === undefined ? a.keys : (own.content['keys'] as string[]);
}

/** AUTH-4.4 */
export function membership(v: View, user: string): string {
  const m = v.get('m.room.member', user);
  if (m === undefined) return 'leave';
  if (m.content['membership'] !== 'join') return m.content['membership'] as string;
  return admission(v, serverPart(user))?.root === m.content['root'] ? 'join' : 'leave';
}

/** AUTH-4.5 */
export function stay(v: View, user: string): string | undefined {
  if (membership(v, user) !== 'join') return undefined;
  const m = v.get('m.room.member', user);
  return (m?.content['stay'] as string | undefined) ?? m?.id;
}

/** AUTH-4.6 */
export function roles(v: View): Roles {
  const a = v.get('m.guild.authority');
  if (a === undefined) return new Map([['everyone', { rank: 0, allow: 0n }]]);
  let known = rolesOf.get(a);
  if (known === undefined) {
    known = new Map(
      Object.entries(a.content['roles'] as Record<string, JsonObject>).map(([id, role]) => [
        id,
        { rank: role['rank'] as number, allow: BigInt(role['allow'] as string) },
      ]),
    );
    rolesOf.set(a, known);
  }
  return known;
}

type Roles = ReadonlyMap<string, { readonly rank: number; readonly allow: bigint }>;

/** What an event says of roles is read once. */
const rolesOf = new WeakMap<ModelEvent, Roles>();

/** AUTH-4.7 */
export function grant(v: View, user: string): { readonly roles: readonly string[]; readonly key: string | undefined } | undefined {
  if (isPlain(v)) return undefined;
  const g = v.get('m.guild.member_roles', user);
  const now = stay(v, user);
  if (g === undefined || now === undefined || g.content['stay'] !== now) return undefined;
  return { roles: g.content['roles'] as string[], key: g.content['key'] as string | undefined };
}

export function held(v: View, user: string): readonly string[] {
  const known = roles(v);
  return (grant(v, user)?.roles ?? []).filter((role) => known.has(role));
}

export function level(v: View, what: string): number {
  return (v.get('m.room.power_levels')?.content[what] as number | undefined) ?? (ACT_LEVELS[what] as number);
}

/** AUTH-4.8, AUTH-4.9 */
export function rank(v: View, user: string): number {
  if (user === owner(v)) return OWNER;
  const ceiling = admission(v, serverPart(user))?.rank ?? 0;
  if (isPlain(v)) {
    const users = v.get('m.room.power_levels')?.content['users'] as Record<string, number> | undefined;
    return Math.min(users !== undefined && Object.hasOwn(users, user) ? (users[user] as number) : level(v, 'users_default'), ceiling);
  }
  const known = roles(v);
  return Math.min(Math.max(0, ...held(v, user).map((role) => known.get(role)?.rank ?? 0)), ceiling);
}

/** AUTH-4.10 */
export function personKey(v: View, user: string): string | undefined {
  return user === owner(v) ? (v.create?.content['owner_key'] as string | undefined) : grant(v, user)?.key;
}

export function isSigned(v: View, e: ModelEvent): boolean {
  const key = personKey(v, e.sender);
  return key === undefined || e.signedBy.includes(key);
}

/** AUTH-4.11 */
export function actingRank(v: View, e: ModelEvent): number {
  return isSigned(v, e) ? rank(v, e.sender) : 0;
}

/** AUTH-4.12 */
export function rankOfEvent(v: View, e: ModelEvent, isRoomCreate: boolean): number {
  if (isRoomCreate) return OWNER + 10;
  if (!isBare(e.sender)) return actingRank(v, e);
  const place = keysOf(v, serverPart(e.sender)).indexOf(e.signedBy[0] ?? '');
  return e.type === 'm.server.keys' && place >= 0 ? OWNER + 5 - place : 0;
}

/** AUTH-4.13 */
export function listed(v: View, channel: string): boolean {
  const l = v.get('m.guild.channel', channel);
  return l !== undefined && l.content['deleted'] !== true;
}

/** AUTH-4.16, AUTH-4.17 */
export function guildBits(v: View, user: string, signed: boolean): bigint {
  if (membership(v, user) !== 'join') return 0n;
  const known = roles(v);
  const everyone = known.get('everyone')?.allow ?? 0n;
  let given = user === owner(v) ? EVERY_BIT : 0n;
  for (const role of held(v, user)) given |= known.get(role)?.allow ?? 0n;
  if (((given | everyone) & BIT.administrator) !== 0n) given = EVERY_BIT;
  return everyone | (signed ? given : given & EVERYDAY);
}

interface Entry {
  readonly kind: string;
  readonly id: string;
  readonly allow: bigint;
  readonly deny: bigint;
  readonly stay: string | undefined;
}

export function entries(e: ModelEvent | undefined): ReadonlyMap<string, Entry> {
  const list = (e?.content['overwrites'] ?? []) as readonly JsonObject[];
  return new Map(
    list.map((one) => [
      `${one['kind'] as string} ${one['id'] as string}`,
      {
        kind: one['kind'] as string,
        id: one['id'] as string,
        allow: BigInt(one['allow'] as string),
        deny: BigInt(one['deny'] as string),
        stay: one['stay'] as string | undefined,
      },
    ]),
  );
}

/** AUTH-4.18 */
export function channelBits(v: View, user: string, channel: string, signed: boolean): bigint {
  let bits = guildBits(v, user, signed);
  if (membership(v, user) !== 'join' || (guildBits(v, user, true) & BIT.administrator) !== 0n) return bits;
  const all = entries(v.get('m.channel.overwrites', channel));
  const step = (deny: bigint, allow: bigint, limit: bigint): void => {
    bits = (bits & ~(deny & OF_CHANNELS)) | (allow & OF_CHANNELS & limit);
  };
  const limit = signed ? EVERY_BIT : EVERYDAY;
  const everyone = all.get('role everyone');
  step(everyone?.deny ?? 0n, everyone?.allow ?? 0n, EVERY_BIT);
  const mine = held(v, user).flatMap((role) => all.get(`role ${role}`) ?? []);
  step(
    mine.reduce((sum, one) => sum | one.deny, 0n),
    mine.reduce((sum, one) => sum | one.allow, 0n),
    limit,
  );
  const own = all.get(`member ${user}`);
  step(own?.deny ?? 0n, own !== undefined && own.stay === stay(v, user) ? own.allow : 0n, limit);
  return (bits & BIT.view) === 0n ? 0n : bits;
}

/** The bits with which an event's sender acts. */
export function bits(v: View, e: ModelEvent, channel?: string): bigint {
  return channel === undefined ? guildBits(v, e.sender, isSigned(v, e)) : channelBits(v, e.sender, channel, isSigned(v, e));
}
