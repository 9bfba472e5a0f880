import { isObject } from '../auth/field-reader.ts';
import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { isMatrixUserId } from './matrix-user-id.ts';
import { MX } from './rule-ids.ts';

/** MX-13.5. Properties that hold one level, with what holds where they are absent. */
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

/** Properties that hold a level for each of several keys. */
export type LevelEntries = 'users' | 'events' | 'notifications';

const NOTHING: JsonObject = Object.freeze({});

/**
 * The levels in the content of an `m.room.power_levels` event. Read when asked for: such events are large, and most questions are about one user.
 * What is no level (there is none in an accepted event) counts as absent.
 */
export class PowerLevels {
  static readonly NONE = new PowerLevels(NOTHING, false);
  readonly #content: JsonObject;
  readonly #allowsText: boolean;

  /** `allowsText`: whether the text of an integer is a level. */
  constructor(content: JsonObject, allowsText: boolean) {
    this.#content = content;
    this.#allowsText = allowsText;
  }

  static of(event: RoomEvent, flags: MatrixAuthFlags): PowerLevels {
    return new PowerLevels(event.content, !flags.integerPowerLevels);
  }

  field(name: LevelField): number | undefined {
    return readLevel(this.#content[name], this.#allowsText);
  }

  /** The entries as they are written. */
  entries(of: LevelEntries): JsonObject {
    const entries = this.#content[of];
    return entries !== undefined && isObject(entries) ? entries : NOTHING;
  }

  entry(of: LevelEntries, key: string): number | undefined {
    return readLevel(this.entries(of)[key], this.#allowsText);
  }
}

/** MX-10.1 to MX-10.3: why the content of an `m.room.power_levels` event is none, or null. Asks nothing of the state. */
export function powerLevelsFault(content: JsonObject, flags: MatrixAuthFlags): Fault | null {
  for (const field of LEVEL_FIELDS) {
    if (Object.hasOwn(content, field) && !isLevel(content[field], flags))
      return { rule: MX.LEVELS_INTEGERS, detail: `${field} is no integer` };
  }
  return (
    entriesFault(content, 'events', flags, MX.LEVELS_MAPS) ??
    (flags.notificationLevels ? entriesFault(content, 'notifications', flags, MX.LEVELS_MAPS) : null) ??
    entriesFault(content, 'users', flags, MX.LEVELS_USERS) ??
    usersFault(content)
  );
}

function entriesFault(content: JsonObject, name: LevelEntries, flags: MatrixAuthFlags, rule: string): Fault | null {
  if (!Object.hasOwn(content, name)) return null;
  const value = content[name] as JsonValue;
  if (!isObject(value)) return { rule, detail: `${name} is no object` };
  for (const key of Object.keys(value)) if (!isLevel(value[key], flags)) return { rule, detail: `${name} of ${key} is no integer` };
  return null;
}

function usersFault(content: JsonObject): Fault | null {
  const users = Object.hasOwn(content, 'users') ? (content['users'] as JsonObject) : NOTHING;
  const stranger = Object.keys(users).find((user) => !isMatrixUserId(user));
  return stranger === undefined ? null : { rule: MX.LEVELS_USERS, detail: `${stranger} is no user ID` };
}

/** An integer; before version 10 also the text of one, before version 6 also a fraction. */
function isLevel(value: JsonValue | undefined, flags: MatrixAuthFlags): boolean {
  if (typeof value === 'number' && !Number.isInteger(value) && !flags.fractionalPowerLevels) return false;
  return readLevel(value, !flags.integerPowerLevels) !== undefined;
}

/** "a single base 10 integer ... optionally with any number of leading zeroes", a sign, white space around it. */
const INTEGER_TEXT = /^\s*[+-]?[0-9]+\s*$/;

/** The level that a value is: fractions are cut off. Undefined for what is none, and for what an object inherits. */
export function readLevel(value: JsonValue | undefined, allowsText: boolean): number | undefined {
  if (typeof value === 'number') return safe(Math.trunc(value));
  return typeof value === 'string' && allowsText && INTEGER_TEXT.test(value) ? safe(Number(value)) : undefined;
}

/** Adding 0 makes 0 of -0. */
function safe(level: number): number | undefined {
  return Number.isSafeInteger(level) ? level + 0 : undefined;
}
