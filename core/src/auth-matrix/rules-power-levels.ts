import type { Fault } from '../fault.ts';
import { creatorsOf, type MatrixCase } from './matrix-case.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { LEVEL_DEFAULTS, LEVEL_FIELDS, type LevelEntries, type PowerLevels, powerLevelsFault } from './power-levels.ts';
import { MX } from './rule-ids.ts';

/** MX-10. "If type is `m.room.power_levels`". */
export function powerLevels(c: MatrixCase): Fault | null {
  const after = c.levelsIn(c.event);
  const malformed = c.context.isAccepted ? null : contents(c, after);
  // MX-10.5. "If there is no previous `m.room.power_levels` event in the room, allow."
  if (malformed !== null || c.lookup(MATRIX_TYPES.POWER_LEVELS, '') === undefined) return malformed;
  const before = c.levels;
  const mine = c.levelOf(c.event.sender);
  return (
    fields(c, before, after, mine) ??
    entries(c, 'events', before, after, mine) ??
    (c.flags.notificationLevels ? entries(c, 'notifications', before, after, mine) : null) ??
    entries(c, 'users', before, after, mine)
  );
}

/** MX-10.1 to MX-10.4, which ask nothing of the state but who made the room. */
function contents(c: MatrixCase, after: PowerLevels): Fault | null {
  const fault = powerLevelsFault(c.event.content, c.flags);
  return fault === null ? creatorsListed(c, after) : c.demand(fault.rule, false, () => fault.detail);
}

/**
 * MX-10.4. From version 12: "If the `users` property in `content` contains the `sender` of the `m.room.create` event or any of the `additional_creators`
 * array (if present) from the `content` of the `m.room.create` event, reject."
 */
function creatorsListed(c: MatrixCase, after: PowerLevels): Fault | null {
  if (!c.flags.privilegedCreators || c.create === undefined) return null;
  const users = after.entries('users');
  const listed = creatorsOf(c.create, c.flags).filter((creator) => typeof creator === 'string' && Object.hasOwn(users, creator));
  return c.demand(MX.LEVELS_CREATORS, listed.length === 0, () => `users lists ${listed.length} creators`);
}

/**
 * MX-10.6. "For the properties `users_default`, ... check if they were added, changed or removed. For each found alteration: If the current value is higher
 * than the `sender`'s current power level, reject. If the new value is higher than the `sender`'s current power level, reject." The value of
 * what is absent is its default: "Power levels are inferred from defaults when not explicitly supplied."
 */
function fields(c: MatrixCase, before: PowerLevels, after: PowerLevels, mine: number): Fault | null {
  for (const field of LEVEL_FIELDS) {
    const [was, is] = [before.field(field), after.field(field)];
    if (was === is) continue;
    const fault = c.demand(
      MX.LEVELS_FIELDS,
      (was ?? LEVEL_DEFAULTS[field]) <= mine && (is ?? LEVEL_DEFAULTS[field]) <= mine,
      () => `${field} from ${was ?? 'its default'} to ${is ?? 'its default'}, the sender has ${mine}`,
    );
    if (fault !== null) return fault;
  }
  return null;
}

/**
 * MX-10.7 to MX-10.10, for every entry that was added, changed or removed.
 *
 * One edit touches few of many entries, and leaves the others in their order: what both begin and end with is compared place by place, without looking anything up.
 */
function entries(c: MatrixCase, of: LevelEntries, before: PowerLevels, after: PowerLevels, mine: number): Fault | null {
  const [old, now] = [before.entries(of), after.entries(of)];
  if (old === now) return null;
  const [oldKeys, keys] = [Object.keys(old), Object.keys(now)];
  const [oldValues, values] = [Object.values(old), Object.values(now)];
  const same = (i: number, k: number): boolean => oldKeys[i] === keys[k] && oldValues[i] === values[k];
  const shorter = Math.min(oldKeys.length, keys.length);
  let start = 0;
  while (start < shorter && same(start, start)) start++;
  let end = 0;
  while (end < shorter - start && same(oldKeys.length - 1 - end, keys.length - 1 - end)) end++;
  for (let k = start; k < keys.length - end; k++) {
    const key = keys[k] as string;
    if (Object.hasOwn(old, key) && old[key] === values[k]) continue;
    const fault = entry(c, of, key, before.entry(of, key), after.entry(of, key), mine);
    if (fault !== null) return fault;
  }
  for (let k = start; k < oldKeys.length - end; k++) {
    const key = oldKeys[k] as string;
    const fault = Object.hasOwn(now, key) ? null : entry(c, of, key, before.entry(of, key), undefined, mine);
    if (fault !== null) return fault;
  }
  return null;
}

function entry(c: MatrixCase, of: LevelEntries, key: string, was: number | undefined, is: number | undefined, mine: number): Fault | null {
  if (was === is) return null;
  const words = (): string => `${of} of ${key} from ${was ?? 'none'} to ${is ?? 'none'}, the sender has ${mine}`;
  if (of === 'users') {
    return (
      // MX-10.9. "For each entry being changed in, or removed from, the `users` property, other than the `sender`'s own entry: If the current value is
      // greater than or equal to the `sender`'s current power level, reject."
      c.demand(MX.LEVELS_USER_BEFORE, was === undefined || key === c.event.sender || was < mine, words) ??
      // MX-10.10. "For each entry being added to, or changed in, the `users` property: If the new value is greater than the `sender`'s current
      // power level, reject."
      c.demand(MX.LEVELS_USER_AFTER, is === undefined || is <= mine, words)
    );
  }
  return (
    // MX-10.7. "For each entry being changed in, or removed from, the `events` or `notifications` properties: If the current value is greater
    // than the `sender`'s current power level, reject."
    c.demand(MX.LEVELS_ENTRY_BEFORE, was === undefined || was <= mine, words) ??
    // MX-10.8. "For each entry being added to, or changed in, the `events` or `notifications` properties: If the new value is greater than the
    // `sender`'s current power level, reject."
    c.demand(MX.LEVELS_ENTRY_AFTER, is === undefined || is <= mine, words)
  );
}
