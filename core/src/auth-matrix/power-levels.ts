import type { Fault } from '../fault.ts';
import type { RoomEvent } from '../event/types.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { isObject } from '../auth/field-reader.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { isMatrixUserId } from './matrix-user-id.ts';
import { MX } from './rule-ids.ts';

/** Properties that hold one level, with what holds where they are absent. */
export const LEVEL_DEFAULTS = {
  users_default: 0,
  events_default: 0,
  state_default: 50,
  ban: 50,
  redact: 50,
  kick: 50,
  invite: 0,
} as const;

export type LevelField = keyof typeof LEVEL_DEFAULTS;
export const LEVEL_FIELDS = Object.keys(LEVEL_DEFAULTS) as readonly LevelField[];

/** The content of an `m.room.power_levels` event, as numbers. */
export interface PowerLevels {
  /** Only what is there. */
  readonly fields: { readonly [field in LevelField]?: number };
  readonly users: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
  /** Empty in versions whose rules do not look at it. */
  readonly notifications: ReadonlyMap<string, number>;
}

const NO_ENTRIES: ReadonlyMap<string, number> = new Map();
export const NO_LEVELS: PowerLevels = { fields: {}, users: NO_ENTRIES, events: NO_ENTRIES, notifications: NO_ENTRIES };

/** What was read of each event: resolution asks for the same few again and again. */
const READ = new WeakMap<RoomEvent, PowerLevels | Fault>();

/** MX-10.1 to MX-10.3: the levels, or why the content is none. */
export function readPowerLevels(event: RoomEvent, flags: MatrixAuthFlags): PowerLevels | Fault {
  let read = READ.get(event);
  if (read === undefined) READ.set(event, (read = readContent(event.content, flags)));
  return read;
}

export function isFault(read: PowerLevels | Fault): read is Fault {
  return 'rule' in read;
}

function readContent(content: JsonObject, flags: MatrixAuthFlags): PowerLevels | Fault {
  const fields: { [field in LevelField]?: number } = {};
  for (const field of LEVEL_FIELDS) {
    if (!Object.hasOwn(content, field)) continue;
    const level = levelOf(content[field] as JsonValue, flags);
    if (level === undefined) return { rule: MX.LEVELS_INTEGERS, detail: `${field} is no integer` };
    fields[field] = level;
  }
  const events = readEntries(content, 'events', flags, MX.LEVELS_MAPS);
  if ('rule' in events) return events;
  const notifications = flags.notificationLevels ? readEntries(content, 'notifications', flags, MX.LEVELS_MAPS) : NO_ENTRIES;
  if ('rule' in notifications) return notifications;
  const users = readEntries(content, 'users', flags, MX.LEVELS_USERS);
  if ('rule' in users) return users;
  for (const user of users.keys()) if (!isMatrixUserId(user)) return { rule: MX.LEVELS_USERS, detail: `${user} is no user ID` };
  return { fields, users, events, notifications };
}

function readEntries(content: JsonObject, name: string, flags: MatrixAuthFlags, rule: string): ReadonlyMap<string, number> | Fault {
  if (!Object.hasOwn(content, name)) return NO_ENTRIES;
  const value = content[name] as JsonValue;
  if (!isObject(value)) return { rule, detail: `${name} is no object` };
  const entries = new Map<string, number>();
  for (const key of Object.keys(value)) {
    const level = levelOf(value[key] as JsonValue, flags);
    if (level === undefined) return { rule, detail: `${name} of ${key} is no integer` };
    entries.set(key, level);
  }
  return entries;
}

/** "a single base 10 integer ... optionally with any number of leading zeroes", a sign, white space around it. */
const INTEGER_TEXT = /^\s*[+-]?[0-9]+\s*$/;

/** A level, if it is one in this version: before 10 also the text of an integer, before 6 also a fraction, which is cut off. */
function levelOf(value: JsonValue, flags: MatrixAuthFlags): number | undefined {
  let level = value;
  if (typeof level === 'string' && !flags.integerPowerLevels && INTEGER_TEXT.test(level)) level = Number(level);
  else if (typeof level === 'number' && flags.fractionalPowerLevels) level = Math.trunc(level);
  // Adding 0 makes 0 of -0.
  return typeof level === 'number' && Number.isSafeInteger(level) ? level + 0 : undefined;
}
