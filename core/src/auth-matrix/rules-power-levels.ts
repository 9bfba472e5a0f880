import type { Fault } from '../fault.ts';
import { creatorsOf, type MatrixCase } from './matrix-case.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { isFault, LEVEL_DEFAULTS, LEVEL_FIELDS, type LevelField, type PowerLevels, readPowerLevels } from './power-levels.ts';
import { MX } from './rule-ids.ts';

/** MX-10. "If type is `m.room.power_levels`". */
export function powerLevels(c: MatrixCase): Fault | null {
  const after = readPowerLevels(c.event, c.flags);
  // MX-10.1 to MX-10.3.
  if (isFault(after)) return c.demand(after.rule, false, () => after.detail);
  const listed = creatorsListed(c, after);
  // MX-10.5. "If there is no previous `m.room.power_levels` event in the room, allow."
  if (listed !== null || c.lookup(MATRIX_TYPES.POWER_LEVELS, '') === undefined) return listed;
  const before = c.levels;
  const mine = c.levelOf(c.event.sender);
  return (
    fields(c, before, after, mine) ??
    entries(c, 'events', before, after, mine) ??
    entries(c, 'notifications', before, after, mine) ??
    users(c, before, after, mine)
  );
}

/**
 * MX-10.4. From version 12: "If the `users` property in `content` contains the `sender` of the `m.room.create` event or any of the `additional_creators`
 * array (if present) from the `content` of the `m.room.create` event, reject."
 */
function creatorsListed(c: MatrixCase, after: PowerLevels): Fault | null {
  if (!c.flags.privilegedCreators || c.create === undefined) return null;
  const listed = creatorsOf(c.create, c.flags).filter((creator) => typeof creator === 'string' && after.users.has(creator));
  return c.demand(MX.LEVELS_CREATORS, listed.length === 0, () => `users lists ${listed.length} creators`);
}

/**
 * MX-10.6. "For the properties `users_default`, ... check if they were added, changed or removed. For each found alteration: If the current value is higher
 * than the `sender`'s current power level, reject. If the new value is higher than the `sender`'s current power level, reject." The value of
 * what is absent is its default: "Power levels are inferred from defaults when not explicitly supplied."
 */
function fields(c: MatrixCase, before: PowerLevels, after: PowerLevels, mine: number): Fault | null {
  for (const field of LEVEL_FIELDS) {
    const [was, is] = [before.fields[field], after.fields[field]];
    if (was === is) continue;
    const fault = c.demand(
      MX.LEVELS_FIELDS,
      valueOf(field, was) <= mine && valueOf(field, is) <= mine,
      () => `${field} from ${was ?? 'its default'} to ${is ?? 'its default'}, the sender has ${mine}`,
    );
    if (fault !== null) return fault;
  }
  return null;
}

function valueOf(field: LevelField, level: number | undefined): number {
  return level ?? LEVEL_DEFAULTS[field];
}

function entries(c: MatrixCase, of: 'events' | 'notifications', before: PowerLevels, after: PowerLevels, mine: number): Fault | null {
  return (
    // MX-10.7. "For each entry being changed in, or removed from, the `events` or `notifications` properties: If the current value is greater than the
    // `sender`'s current power level, reject."
    each(c, MX.LEVELS_ENTRY_BEFORE, before[of], after[of], (_, was) => was <= mine) ??
    // MX-10.8. "For each entry being added to, or changed in, ...: If the new value is greater than the `sender`'s current power level, reject."
    each(c, MX.LEVELS_ENTRY_AFTER, after[of], before[of], (_, is) => is <= mine)
  );
}

function users(c: MatrixCase, before: PowerLevels, after: PowerLevels, mine: number): Fault | null {
  const { sender } = c.event;
  return (
    // MX-10.9. "For each entry being changed in, or removed from, the `users` property, other than the `sender`'s own entry: If the current value is greater
    // than or equal to the `sender`'s current power level, reject."
    each(c, MX.LEVELS_USER_BEFORE, before.users, after.users, (user, was) => user === sender || was < mine) ??
    // MX-10.10. "For each entry being added to, or changed in, the `users` property: If the new value is greater than the `sender`'s current power level, reject."
    each(c, MX.LEVELS_USER_AFTER, after.users, before.users, (_, is) => is <= mine)
  );
}

/** Demands something of each entry of `levels` that is not the same in `others`. */
function each(
  c: MatrixCase,
  rule: string,
  levels: ReadonlyMap<string, number>,
  others: ReadonlyMap<string, number>,
  allowed: (key: string, level: number) => boolean,
): Fault | null {
  for (const [key, level] of levels) {
    if (others.get(key) === level) continue;
    const fault = c.demand(rule, allowed(key, level), () => `${key} of ${level}, the sender has ${c.levelOf(c.event.sender)}`);
    if (fault !== null) return fault;
  }
  return null;
}
