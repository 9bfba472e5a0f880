import type { Fault } from '../fault.ts';
import type { LevelChange } from './level-changes.ts';
import { creatorsOf, type MatrixCase } from './matrix-case.ts';
import { LEVEL_DEFAULTS, PowerLevels, powerLevelsFault } from './power-levels.ts';
import { MX } from './rule-ids.ts';

/** MX-10. "If type is `m.room.power_levels`". */
export function powerLevels(c: MatrixCase): Fault | null {
  const malformed = c.context.isAccepted ? null : contents(c);
  // MX-10.5. "If there is no previous `m.room.power_levels` event in the room, allow."
  if (malformed !== null || !c.hasLevels) return malformed;
  const mine = c.levelOf('sender');
  for (const change of c.levelChanges()) {
    const fault = changed(c, change, mine);
    if (fault !== null) return fault;
  }
  return null;
}

/** MX-10.1 to MX-10.4, which ask nothing of the state but who made the room. */
function contents(c: MatrixCase): Fault | null {
  const fault = powerLevelsFault(c.event.content, c.flags);
  return fault === null ? creatorsListed(c) : c.demand(fault.rule, false, () => fault.detail);
}

/**
 * MX-10.4. From version 12: "If the `users` property in `content` contains the `sender` of the `m.room.create` event or any of the `additional_creators`
 * array (if present) from the `content` of the `m.room.create` event, reject."
 */
function creatorsListed(c: MatrixCase): Fault | null {
  if (!c.flags.privilegedCreators || c.create === undefined) return null;
  const users = PowerLevels.of(c.event, c.flags).entries('users');
  const listed = creatorsOf(c.create, c.flags).filter((creator) => typeof creator === 'string' && Object.hasOwn(users, creator));
  return c.demand(MX.LEVELS_CREATORS, listed.length === 0, () => `users lists ${listed.length} creators`);
}

/** MX-10.6 to MX-10.10: one level that was added, changed or removed. */
function changed(c: MatrixCase, change: LevelChange, mine: number): Fault | null {
  const { of, key, was, is } = change;
  if (of === 'fields') {
    // MX-10.6. "For the properties `users_default`, ... check if they were added, changed or removed. For each found alteration: If the current value is higher
    // than the `sender`'s current power level, reject. If the new value is higher than the `sender`'s current power level, reject." The value of
    // what is absent is its default: "Power levels are inferred from defaults when not explicitly supplied."
    return c.demand(
      MX.LEVELS_FIELDS,
      (was ?? LEVEL_DEFAULTS[key]) <= mine && (is ?? LEVEL_DEFAULTS[key]) <= mine,
      () => `${key} from ${was ?? 'its default'} to ${is ?? 'its default'}, the sender has ${mine}`,
    );
  }
  const words = (): string => `${of} of ${key} from ${was ?? 'none'} to ${is ?? 'none'}, the sender has ${mine}`;
  if (of === 'users') {
    return (
      // MX-10.9. "For each entry being changed in, or removed from, the `users` property, other than the `sender`'s own entry: If the current value is
      // greater than or equal to the `sender`'s current power level, reject."
      c.demand(MX.LEVELS_USER_BEFORE, was === undefined || change.isOwn || was < mine, words) ??
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
