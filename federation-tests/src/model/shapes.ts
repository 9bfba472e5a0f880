import type { JsonObject, JsonValue } from '@openguild/core';
import type { ModelEvent } from './event.ts';

/** AUTH-3: is the content as its table says? The rule that it breaks, or null. */
export function shapeFault(e: ModelEvent): string | null {
  const c = e.content;
  switch (e.type) {
    case 'm.guild.create':
    case 'm.room.create':
      return keyId(c['root']) && keyList(c['keys']) && optional(c, 'owner_key', keyId) ? null : 'AUTH-3.2';
    case 'm.channel.create':
      return roomId(c['guild']) && (c['kind'] === 'text' || c['kind'] === 'voice') ? null : 'AUTH-3.2';
    case 'm.room.member':
      return person(e.stateKey) &&
        ['join', 'invite', 'leave', 'ban'].includes(c['membership'] as string) &&
        optional(c, 'root', keyId) &&
        optional(c, 'stay', reference) &&
        optional(c, 'ban', reference) &&
        optional(c, 'join_authorised_via', person)
        ? null
        : 'AUTH-3.3';
    case 'm.room.join_rules':
      return c['join_rule'] === 'public' || c['join_rule'] === 'invite' ? null : 'AUTH-3.4';
    case 'm.server.admission':
      return keyId(c['root']) && keyList(c['keys']) && integer(c['rank'], 0, 65_535) && reference(c['proof']) ? null : 'AUTH-3.5';
    case 'm.server.keys':
      return keyList(c['keys']) ? null : 'AUTH-3.6';
    case 'm.guild.authority':
      return authorityShape(c) ? null : 'AUTH-3.7';
    case 'm.guild.member_roles':
      return person(e.stateKey) &&
        reference(c['stay']) &&
        distinct(c['roles'], 0, 64, roleId) &&
        !(c['roles'] as string[]).includes('everyone') &&
        optional(c, 'key', keyId)
        ? null
        : 'AUTH-3.8';
    case 'm.channel.overwrites':
      return overwritesShape(e) ? null : 'AUTH-3.9';
    case 'm.guild.channel':
      return roomId(e.stateKey) && (c['kind'] === 'text' || c['kind'] === 'voice') && optional(c, 'deleted', (v) => typeof v === 'boolean')
        ? null
        : 'AUTH-3.10';
    case 'm.room.power_levels':
      return levelsShape(c) ? null : 'AUTH-3.11';
    default:
      return null;
  }
}

function authorityShape(c: JsonObject): boolean {
  const { roles } = c;
  if (!object(roles) || Object.keys(roles).length > 250) return false;
  return Object.entries(roles).every(
    ([id, role]) =>
      roleId(id) && object(role) && exactly(role, ['rank', 'allow']) && integer(role['rank'], 0, 65_535) && mask(role['allow']),
  );
}

function overwritesShape(e: ModelEvent): boolean {
  const list = e.content['overwrites'];
  if (!roomId(e.stateKey) || !Array.isArray(list) || list.length > 200) return false;
  const names = new Set<string>();
  for (const one of list as readonly JsonValue[]) {
    if (!object(one)) return false;
    const stays = one['kind'] === 'member' && 'stay' in one;
    if (!exactly(one, ['kind', 'id', 'allow', 'deny', ...(stays ? ['stay'] : [])])) return false;
    if (one['kind'] === 'role' ? !roleId(one['id']) : one['kind'] !== 'member' || !person(one['id'])) return false;
    if (!mask(one['allow']) || !mask(one['deny']) || (BigInt(one['allow'] as string) & BigInt(one['deny'] as string)) !== 0n) return false;
    if (stays && !reference(one['stay'])) return false;
    names.add(`${one['kind'] as string} ${one['id'] as string}`);
  }
  return names.size === list.length;
}

export const ACT_LEVELS: Readonly<Record<string, number>> = {
  admit: 50,
  ban: 50,
  kick: 50,
  invite: 0,
  redact: 50,
  state_default: 50,
  events_default: 0,
  users_default: 0,
};

function levelsShape(c: JsonObject): boolean {
  const level = (v: JsonValue | undefined): boolean => integer(v, -65_535, 65_535);
  const table = (v: JsonValue | undefined, name: (text: string) => boolean): boolean =>
    v === undefined || (object(v) && Object.entries(v).every(([each, l]) => name(each) && level(l)));
  return (
    Object.keys(ACT_LEVELS).every((name) => optional(c, name, level)) &&
    table(c['events'], (type) => type.length > 0) &&
    table(c['users'], person)
  );
}

export function object(v: JsonValue | undefined): v is JsonObject {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

function optional(c: JsonObject, name: string, good: (v: JsonValue | undefined) => boolean): boolean {
  return !(name in c) || good(c[name]);
}

function exactly(o: JsonObject, names: readonly string[]): boolean {
  return Object.keys(o).length === names.length && names.every((name) => name in o);
}

function integer(v: JsonValue | undefined, min: number, max: number): boolean {
  return typeof v === 'number' && Number.isInteger(v) && v >= min && v <= max;
}

function reference(v: JsonValue | undefined): boolean {
  return typeof v === 'string' && v.length >= 1 && v.length <= 255;
}

/** AUTH-4.15 */
function mask(v: JsonValue | undefined): boolean {
  return typeof v === 'string' && /^(0|[1-9][0-9]*)$/.test(v) && BigInt(v) < 1n << 64n;
}

export function roleId(v: JsonValue | undefined): boolean {
  return typeof v === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(v);
}

function distinct(v: JsonValue | undefined, min: number, max: number, good: (one: JsonValue | undefined) => boolean): boolean {
  return Array.isArray(v) && v.length >= min && v.length <= max && v.every((one) => good(one)) && new Set(v).size === v.length;
}

function keyList(v: JsonValue | undefined): boolean {
  return distinct(v, 1, 4, keyId);
}

/** ID-7 */
function keyId(v: JsonValue | undefined): boolean {
  return typeof v === 'string' && v.startsWith('ed25519:') && isHash(v.slice(8));
}

/** ID-5 */
function roomId(v: JsonValue | undefined): boolean {
  const parts = typeof v === 'string' && v.length <= 255 ? /^!([^:]*):(.*)$/.exec(v) : null;
  return parts !== null && isHash(parts[1] ?? '') && server(parts[2] ?? '');
}

/** ID-3, ID-4 */
function person(v: JsonValue | undefined): boolean {
  const parts = typeof v === 'string' && v.length <= 255 ? /^@([a-z0-9._=/+-]+):(.*)$/.exec(v) : null;
  return parts !== null && server(parts[2] ?? '');
}

/** ID-2, DNS names only: the simulation has no other. */
function server(name: string): boolean {
  return name.length <= 230 && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[1-9][0-9]{0,4})?$/.test(name);
}

const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const hashes = new Map<string, boolean>();

/** ID-1: base58 of exactly 32 bytes. */
function isHash(text: string): boolean {
  let known = hashes.get(text);
  if (known === undefined) hashes.set(text, (known = decodesTo32(text)));
  return known;
}

function decodesTo32(text: string): boolean {
  if (text.length === 0 || text.length > 44) return false;
  let value = 0n;
  for (const digit of text) {
    const worth = DIGITS.indexOf(digit);
    if (worth < 0) return false;
    value = value * 58n + BigInt(worth);
  }
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  const bytes = value === 0n ? 0 : Math.ceil(value.toString(16).length / 2);
  return zeros + bytes === 32;
}
