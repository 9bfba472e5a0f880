import type { RoomEvent } from '../event/types.ts';
import { type Result, fail, ok } from '../fault.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import {
  asBoolean,
  asKeyId,
  asName,
  asPerson,
  asRoomId,
  distinctList,
  FieldReader,
  integerWithin,
  isObject,
  isPerson,
  oneOf,
} from './field-reader.ts';
import { parseMask } from './permission-bits.ts';
import { RULES } from './rule-ids.ts';

/** AUTH-3.14: of a role, of a server's ceiling, and, with either sign, of a power level. */
export const MAX_RANK = 65_535;
/** AUTH-3.7: roles of a guild. */
export const MAX_ROLES = 250;
/** AUTH-3.8: roles in a grant. */
export const MAX_ROLES_OF_MEMBER = 64;
/** AUTH-3.9: entries of a channel's overwrites. */
export const MAX_OVERWRITES = 200;
/** Keys of a server (AUTH-3, key list). */
export const MAX_SERVER_KEYS = 4;
/** The role that every member has. */
export const EVERYONE = 'everyone';

const ROLE_ID = /^[A-Za-z0-9_.-]{1,64}$/;
const asRoleId = (value: JsonValue): string | undefined => (typeof value === 'string' && ROLE_ID.test(value) ? value : undefined);
const asKeyList = distinctList(asKeyId, 1, MAX_SERVER_KEYS);
const KEY_LIST = `a list of 1 to ${MAX_SERVER_KEYS} different key IDs`;

export function isRoleId(text: string): boolean {
  return ROLE_ID.test(text);
}

export interface CreateContent {
  readonly root: string;
  readonly keys: readonly string[];
  readonly ownerKey: string | undefined;
}

/** AUTH-3.2. A create event of a guild or plain room: its server's root and keys, and perhaps its owner's own key. */
export const readCreate = remembered((event): Result<CreateContent> => {
  const fields = new FieldReader(event.content);
  const root = fields.required('root', asKeyId, 'a key ID');
  const keys = fields.required('keys', asKeyList, KEY_LIST);
  const ownerKey = fields.optional('owner_key', asKeyId, 'a key ID');
  return fields.result(RULES.CREATE_SHAPE, () => ({ root, keys, ownerKey }));
});

/** AUTH-3.2. A channel's create event: its guild, and what it is for. */
export const readChannelCreate = remembered((event): Result<{ readonly guild: string }> => {
  const fields = new FieldReader(event.content);
  const guild = fields.required('guild', asRoomId, 'a room ID');
  fields.required('kind', oneOf('text', 'voice'), 'text or voice');
  return fields.result(RULES.CREATE_SHAPE, () => ({ guild }));
});

export type Membership = 'join' | 'invite' | 'leave' | 'ban';

export interface MemberContent {
  readonly membership: Membership;
  /** Joins: the admitted root of the member's server. */
  readonly root: string | undefined;
  /** Joins: the first join event of the stay that it continues. */
  readonly stay: string | undefined;
  /** Unbans: the ban that it lifts. */
  readonly ban: string | undefined;
  /** Joins: who vouches. */
  readonly via: string | undefined;
}

/** AUTH-3.3. Membership, of a person. */
export const readMember = remembered((event): Result<MemberContent> => {
  if (!isPerson(event.state_key ?? '')) return fail(RULES.MEMBER_SHAPE, 'state_key must be the user ID of a person');
  const fields = new FieldReader(event.content);
  const membership = fields.required('membership', oneOf('join', 'invite', 'leave', 'ban'), 'join, invite, leave or ban');
  const root = fields.optional('root', asKeyId, 'a key ID');
  const stay = fields.optional('stay', asName, 'an event ID');
  const ban = fields.optional('ban', asName, 'an event ID');
  const via = fields.optional('join_authorised_via', asPerson, 'the user ID of a person');
  return fields.result(RULES.MEMBER_SHAPE, () => ({ membership, root, stay, ban, via }));
});

/** AUTH-3.4. Who may join: with an invitation, or everybody. */
export const readJoinRules = remembered((event): Result<'public' | 'invite'> => {
  const fields = new FieldReader(event.content);
  const rule = fields.required('join_rule', oneOf('public', 'invite'), 'public or invite');
  return fields.result(RULES.JOIN_RULES_SHAPE, () => rule);
});

export interface AdmissionContent {
  readonly root: string;
  readonly keys: readonly string[];
  /** The ceiling: no user of that server ranks higher. */
  readonly rank: number;
}

/** AUTH-3.5. Admission of a server. The proof is checked as signatures are, not here. */
export const readAdmission = remembered((event): Result<AdmissionContent> => {
  const fields = new FieldReader(event.content);
  const root = fields.required('root', asKeyId, 'a key ID');
  const keys = fields.required('keys', asKeyList, KEY_LIST);
  const rank = fields.required('rank', integerWithin(0, MAX_RANK), `an integer from 0 to ${MAX_RANK}`);
  fields.required('proof', asName, 'a signature');
  return fields.result(RULES.ADMIT_SHAPE, () => ({ root, keys, rank }));
});

/** AUTH-3.6. A server's statement about its own keys, most trusted first. */
export const readKeys = remembered((event): Result<readonly string[]> => {
  const fields = new FieldReader(event.content);
  const keys = fields.required('keys', asKeyList, KEY_LIST);
  return fields.result(RULES.KEYS_SHAPE, () => keys);
});

export interface Role {
  readonly rank: number;
  readonly allow: bigint;
}

/** AUTH-3.7. All roles of the guild with their ranks and permissions. */
export const readAuthority = remembered((event): Result<ReadonlyMap<string, Role>> => {
  const roles = event.content['roles'];
  if (roles === undefined || !isObject(roles)) return fail(RULES.AUTHORITY_SHAPE, 'roles must be an object');
  const entries = Object.entries(roles);
  if (entries.length > MAX_ROLES) return fail(RULES.AUTHORITY_SHAPE, `more than ${MAX_ROLES} roles`);
  const known = new Map<string, Role>();
  for (const [id, value] of entries) {
    const role = isRoleId(id) ? asRole(value) : undefined;
    if (role === undefined)
      return fail(
        RULES.AUTHORITY_SHAPE,
        `role ${JSON.stringify(id.slice(0, 64))} must be exactly {rank: 0 to ${MAX_RANK}, allow: decimal below 2^64}`,
      );
    known.set(id, role);
  }
  return ok(known);
});

function asRole(value: JsonValue): Role | undefined {
  if (!isObject(value) || !hasExactly(value, ['rank', 'allow'])) return undefined;
  const rank = integerWithin(0, MAX_RANK)(value['rank'] as JsonValue);
  const allow = parseMask(value['allow']);
  return rank === undefined || allow === undefined ? undefined : { rank, allow };
}

export interface GrantContent {
  /** The target's present stay. */
  readonly stay: string;
  readonly roles: readonly string[];
  /** The person's own key that his acts with these roles need. */
  readonly key: string | undefined;
}

/** AUTH-3.8. The roles of one member. */
export const readGrant = remembered((event): Result<GrantContent> => {
  if (!isPerson(event.state_key ?? '')) return fail(RULES.GRANT_SHAPE, 'state_key must be the user ID of a person');
  const fields = new FieldReader(event.content);
  const stay = fields.required('stay', asName, 'an event ID');
  const roles = fields.required(
    'roles',
    distinctList(asRoleId, 0, MAX_ROLES_OF_MEMBER),
    `a list of at most ${MAX_ROLES_OF_MEMBER} different role IDs`,
  );
  const key = fields.optional('key', asKeyId, 'a key ID');
  const read = fields.result(RULES.GRANT_SHAPE, () => ({ stay, roles, key }));
  return read.ok && read.value.roles.includes(EVERYONE) ? fail(RULES.GRANT_SHAPE, `${EVERYONE} is nobody's to give`) : read;
});

export interface Overwrite {
  readonly kind: 'role' | 'member';
  readonly id: string;
  readonly allow: bigint;
  readonly deny: bigint;
  /** The member's stay. */
  readonly stay: string | undefined;
}

/** Entries under `<kind> <id>`. */
export type Overwrites = ReadonlyMap<string, Overwrite>;

/** AUTH-3.9. What a channel gives to and takes from roles and members. */
export const readOverwrites = remembered((event): Result<Overwrites> => {
  if (asRoomId(event.state_key ?? '') === undefined) return fail(RULES.OVERWRITES_SHAPE, 'state_key must be a room ID');
  const list = event.content['overwrites'];
  if (!Array.isArray(list)) return fail(RULES.OVERWRITES_SHAPE, 'overwrites must be a list');
  if (list.length > MAX_OVERWRITES) return fail(RULES.OVERWRITES_SHAPE, `more than ${MAX_OVERWRITES} overwrites`);
  const entries = new Map<string, Overwrite>();
  for (const [i, value] of (list as readonly JsonValue[]).entries()) {
    const entry = asOverwrite(value);
    if (entry === undefined)
      return fail(RULES.OVERWRITES_SHAPE, `overwrite ${i} must be exactly {kind, id, allow, deny} and, of a member, stay`);
    if ((entry.allow & entry.deny) !== 0n) return fail(RULES.OVERWRITES_SHAPE, `overwrite ${i} allows and denies the same bit`);
    const name = `${entry.kind} ${entry.id}`;
    if (entries.has(name)) return fail(RULES.OVERWRITES_SHAPE, `two overwrites for ${name}`);
    entries.set(name, entry);
  }
  return ok(entries);
});

function asOverwrite(value: JsonValue): Overwrite | undefined {
  if (!isObject(value)) return undefined;
  const kind = oneOf('role', 'member')(value['kind'] ?? null);
  const stays = kind === 'member' && Object.hasOwn(value, 'stay');
  if (kind === undefined || !hasExactly(value, ['kind', 'id', 'allow', 'deny', ...(stays ? ['stay'] : [])])) return undefined;
  const id = (kind === 'role' ? asRoleId : asPerson)(value['id'] as JsonValue);
  const allow = parseMask(value['allow']);
  const deny = parseMask(value['deny']);
  const stay = stays ? asName(value['stay'] as JsonValue) : undefined;
  if (id === undefined || allow === undefined || deny === undefined || (stays && stay === undefined)) return undefined;
  return { kind, id, allow, deny, stay };
}

/** AUTH-3.10. A channel in the guild's list. What it is called and what it is about lives in the channel itself. */
export const readListing = remembered((event): Result<{ readonly deleted: boolean }> => {
  if (asRoomId(event.state_key ?? '') === undefined) return fail(RULES.LISTING_SHAPE, 'state_key must be a room ID');
  const fields = new FieldReader(event.content);
  fields.required('kind', oneOf('text', 'voice'), 'text or voice');
  const deleted = fields.optional('deleted', asBoolean, 'a boolean');
  return fields.result(RULES.LISTING_SHAPE, () => ({ deleted: deleted ?? false }));
});

/** Levels that acts need, with their defaults. */
export const LEVELS = {
  admit: 50,
  ban: 50,
  kick: 50,
  invite: 0,
  redact: 50,
  state_default: 50,
  events_default: 0,
  users_default: 0,
} as const;

export type LevelName = keyof typeof LEVELS;

export interface PowerLevels {
  readonly of: Readonly<Record<LevelName, number>>;
  readonly events: ReadonlyMap<string, number>;
  readonly users: ReadonlyMap<string, number>;
}

const asLevel = integerWithin(-MAX_RANK, MAX_RANK);
const LEVEL = `an integer from -${MAX_RANK} to ${MAX_RANK}`;
const asAnyType = (text: string): boolean => text.length > 0;

/** AUTH-3.11. The power levels of a plain room. */
export const readPowerLevels = remembered((event): Result<PowerLevels> => {
  const fields = new FieldReader(event.content);
  const of: Record<LevelName, number> = { ...LEVELS };
  for (const name of Object.keys(LEVELS) as LevelName[]) of[name] = fields.optional(name, asLevel, LEVEL) ?? LEVELS[name];
  const events = fields.optional('events', levelTable(asAnyType), `an object of event types, each ${LEVEL}`);
  const users = fields.optional('users', levelTable(isPerson), `an object of user IDs, each ${LEVEL}`);
  return fields.result(RULES.LEVELS_SHAPE, () => ({ of, events: events ?? new Map(), users: users ?? new Map() }));
});

function levelTable(isName: (text: string) => boolean): (value: JsonValue) => ReadonlyMap<string, number> | undefined {
  return (value) => {
    if (!isObject(value)) return undefined;
    const table = new Map<string, number>();
    for (const [name, entry] of Object.entries(value)) {
      const level = isName(name) ? asLevel(entry) : undefined;
      if (level === undefined) return undefined;
      table.set(name, level);
    }
    return table;
  };
}

/** AUTH-3.13: entries of roles and overwrites have these fields and no others, so that whether an entry changed is one question. */
function hasExactly(value: JsonObject, names: readonly string[]): boolean {
  return Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));
}

/** Reads an event's content once per event object: resolution judges the same events many times. */
function remembered<T>(read: (event: RoomEvent) => Result<T>): (event: RoomEvent) => Result<T> {
  const memory = new WeakMap<RoomEvent, Result<T>>();
  return (event) => {
    let result = memory.get(event);
    if (result === undefined) memory.set(event, (result = read(event)));
    return result;
  };
}

/** The content of an event that was accepted, whose shape therefore is right. */
export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`an accepted event breaks ${result.rule}: ${result.detail}`);
  return result.value;
}
