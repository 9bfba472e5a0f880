import type { JsonObject } from '@openguild/core';
import { BIT, type ModelEvent, type View } from './event.ts';
import { joinedFault, memberRule } from './rules-member.ts';
import { admissionRule, keysRule } from './rules-servers.ts';
import { roleId, shapeFault } from './shapes.ts';
import { actingRank, bits, entries, grant, isSigned, listed, owner, personKey, rank, roles, stay } from './standing.ts';

type Rule = (e: ModelEvent, v: View) => string | null;

const RULES: Readonly<Record<string, Rule>> = {
  'm.room.member': memberRule,
  'm.room.join_rules': settings,
  'm.server.admission': admissionRule,
  'm.server.keys': keysRule,
  'm.guild.authority': authority,
  'm.guild.role': looks,
  'm.guild.member_roles': memberRoles,
  'm.guild.channel': listing,
  'm.guild.meta': settings,
  'm.guild.successor': successor,
  'm.channel.overwrites': overwrites,
};
/** AUTH-3.12 */
const EMPTY_KEY = ['m.guild.authority', 'm.guild.meta', 'm.guild.successor', 'm.room.join_rules'];

export function guildRule(e: ModelEvent, v: View): string | null {
  if (e.type === 'm.room.merge' && e.stateKey === undefined) return null;
  const rule = Object.hasOwn(RULES, e.type) ? RULES[e.type] : undefined;
  if (rule === undefined || e.stateKey === undefined) return 'AUTH-1.6';
  const absent = e.type === 'm.room.member' || e.type === 'm.server.keys' ? null : joinedFault(e, v);
  if (absent !== null) return absent;
  if (EMPTY_KEY.includes(e.type) ? e.stateKey !== '' : e.type === 'm.guild.role' && !roleId(e.stateKey)) return 'AUTH-3.12';
  return rule(e, v);
}

const has = (v: View, e: ModelEvent, bit: bigint, channel?: string): boolean => (bits(v, e, channel) & bit) !== 0n;

function settings(e: ModelEvent, v: View): string | null {
  return shapeFault(e) ?? (has(v, e, BIT.manageGuild) ? null : 'AUTH-7.12');
}

function successor(e: ModelEvent, v: View): string | null {
  return e.sender === owner(v) && isSigned(v, e) ? null : 'AUTH-7.13';
}

function listing(e: ModelEvent, v: View): string | null {
  const channel = e.stateKey ?? '';
  return shapeFault(e) ?? (has(v, e, BIT.manageChannels, listed(v, channel) ? channel : undefined) ? null : 'AUTH-7.11');
}

function looks(e: ModelEvent, v: View): string | null {
  if (!has(v, e, BIT.manageRoles)) return 'AUTH-7.1';
  const role = roles(v).get(e.stateKey ?? '');
  return role !== undefined && role.rank < actingRank(v, e) ? null : 'AUTH-7.3';
}

function authority(e: ModelEvent, v: View): string | null {
  const shape = shapeFault(e);
  if (shape !== null) return shape;
  if (!has(v, e, BIT.manageRoles)) return 'AUTH-7.1';
  const after = new Map(
    Object.entries(e.content['roles'] as Record<string, JsonObject>).map(([id, role]) => [
      id,
      { rank: role['rank'] as number, allow: BigInt(role['allow'] as string) },
    ]),
  );
  const everyone = after.get('everyone');
  if (everyone === undefined || everyone.rank !== 0 || (everyone.allow & (BIT.administrator | BIT.admitServers)) !== 0n) return 'AUTH-7.2';
  const before = roles(v);
  const mine = actingRank(v, e);
  for (const id of names(before, after)) {
    const [a, b] = [before.get(id), after.get(id)];
    if (a?.rank === b?.rank && a?.allow === b?.allow) continue;
    if (Math.max(a?.rank ?? 0, b?.rank ?? 0) >= mine) return 'AUTH-7.3';
    if ((((a?.allow ?? 0n) ^ (b?.allow ?? 0n)) & ~bits(v, e)) !== 0n) return 'AUTH-7.4';
  }
  return null;
}

function memberRoles(e: ModelEvent, v: View): string | null {
  const shape = shapeFault(e);
  if (shape !== null) return shape;
  const user = e.stateKey ?? '';
  const now = stay(v, user);
  if (now === undefined || e.content['stay'] !== now) return 'AUTH-7.5';
  return e.sender === user && user !== owner(v) ? ownRoles(e, v) : rolesOfAnother(e, v);
}

/** AUTH-7.6, AUTH-7.7 */
function ownRoles(e: ModelEvent, v: View): string | null {
  const now = grant(v, e.sender);
  const old = new Set(now?.roles ?? []);
  const next = new Set(e.content['roles'] as string[]);
  const [oldKey, newKey] = [now?.key, e.content['key']];
  if (newKey === oldKey) return next.size < old.size && [...next].every((role) => old.has(role)) ? null : 'AUTH-7.6';
  if (oldKey === undefined || newKey === undefined || next.size !== old.size || ![...next].every((role) => old.has(role)))
    return 'AUTH-7.6';
  return isSigned(v, e) ? null : 'AUTH-7.7';
}

function rolesOfAnother(e: ModelEvent, v: View): string | null {
  const user = e.stateKey ?? '';
  const mine = actingRank(v, e);
  if (!has(v, e, BIT.manageRoles)) return 'AUTH-7.1';
  if (e.sender !== user && rank(v, user) >= mine) return 'AUTH-6.11';
  const known = roles(v);
  const old = new Set(grant(v, user)?.roles ?? []);
  const next = new Set(e.content['roles'] as string[]);
  const given = [...next].filter((role) => !old.has(role) || e.content['key'] !== personKey(v, user));
  const taken = [...old].filter((role) => !next.has(role));
  for (const role of given) if (!known.has(role)) return 'AUTH-7.8';
  for (const role of [...given, ...taken]) if ((known.get(role)?.rank ?? -1) >= mine) return 'AUTH-7.3';
  for (const role of given) if (((known.get(role)?.allow ?? 0n) & ~bits(v, e)) !== 0n) return 'AUTH-7.4';
  return null;
}

function overwrites(e: ModelEvent, v: View): string | null {
  const channel = e.stateKey ?? '';
  const shape = shapeFault(e);
  if (shape !== null) return shape;
  if (!listed(v, channel)) return 'AUTH-7.9';
  if (!has(v, e, BIT.manageRoles, channel)) return 'AUTH-7.1';
  const before = entries(v.get('m.channel.overwrites', channel));
  const after = entries(e);
  const changed = names(before, after).filter((name) => {
    const [a, b] = [before.get(name), after.get(name)];
    return a?.allow !== b?.allow || a?.deny !== b?.deny || a?.stay !== b?.stay || (a === undefined) !== (b === undefined);
  });
  if (changed.filter((name) => name.startsWith('member ')).length > 1) return 'AUTH-7.10';
  for (const name of changed) {
    const [a, b] = [before.get(name), after.get(name)];
    const { kind, id } = b ?? a ?? { kind: '', id: '' };
    const role = roles(v).get(id);
    if (kind === 'role' && b !== undefined && role === undefined) return 'AUTH-7.8';
    const theirs = kind === 'role' ? (role?.rank ?? 0) : rank(v, id);
    if (theirs >= actingRank(v, e)) return kind === 'role' ? 'AUTH-7.3' : 'AUTH-6.11';
    if (kind === 'member' && b !== undefined && b.stay !== stay(v, id)) return 'AUTH-7.5';
    const differs = ((a?.allow ?? 0n) ^ (b?.allow ?? 0n)) | ((a?.deny ?? 0n) ^ (b?.deny ?? 0n));
    if ((differs & ~bits(v, e, channel)) !== 0n) return 'AUTH-7.4';
  }
  return null;
}

/** The names of both, in order of their code points; all are ASCII. */
export function names(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => (x < y ? -1 : 1));
}
