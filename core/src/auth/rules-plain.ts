import type { Fault } from '../fault.ts';
import type { Case } from './case.ts';
import { accepted, LEVELS, type LevelName, readJoinRules, readPowerLevels } from './content.ts';
import { TYPES } from './event-types.ts';
import { ownerOf } from './members.ts';
import { namesOf } from './names-of.ts';
import { actingRank, powerLevelsOf } from './rank.ts';
import { RULES } from './rule-ids.ts';
import { joined, member } from './rules-membership.ts';
import { admit, ownKeys } from './rules-servers.ts';

/** Types of which a plain room has one value. */
const SINGLE: ReadonlySet<string> = new Set([TYPES.POWER_LEVELS, TYPES.JOIN_RULES]);
/** Types that are state wherever they are taken. */
const ALWAYS_STATE: ReadonlySet<string> = new Set([TYPES.MEMBER, TYPES.KEYS, TYPES.ADMISSION, ...SINGLE]);

/**
 * Events of a plain room. Membership, admissions and keys as in guilds. All else: a member (AUTH-6.7) of the level that the type needs
 * (AUTH-9.1); power levels have their own rule on top.
 */
export function plain(c: Case): Fault | null {
  const { event } = c;
  const foreign = demandType(c);
  if (foreign !== null || event.type === TYPES.MERGE) return foreign;
  if (event.type === TYPES.MEMBER) return member(c);
  if (event.type === TYPES.KEYS) return ownKeys(c);
  const stranger = joined(c);
  if (stranger !== null) return stranger;
  if (event.type === TYPES.ADMISSION) return admit(c);
  return demandTypeLevel(c) ?? demandStateKey(c) ?? ownRule(c);
}

/** AUTH-1.6. A plain room takes no events of guilds and channels, and no merge with a state key. */
function demandType(c: Case): Fault | null {
  const { type, state_key: stateKey } = c.event;
  const ofGuilds = type.startsWith('m.guild.') || type.startsWith('m.channel.');
  const wrongForm = type === TYPES.MERGE ? stateKey !== undefined : ALWAYS_STATE.has(type) && stateKey === undefined;
  return c.demand(
    RULES.TYPE,
    !ofGuilds && !wrongForm,
    () => `does a plain room take ${type} as ${stateKey === undefined ? 'a message' : 'state'}?`,
    () => (ofGuilds ? 'it belongs to guilds and channels' : 'by its type'),
  );
}

/** AUTH-9.1. The sender reaches the level of the type (`events`), else `state_default` or `events_default`. */
function demandTypeLevel(c: Case): Fault | null {
  const { event, view } = c;
  const levels = powerLevelsOf(view);
  const needed = levels.events.get(event.type) ?? (event.state_key === undefined ? levels.of.events_default : levels.of.state_default);
  const mine = actingRank(view, event);
  return c.demand(
    RULES.LEVEL,
    mine >= needed,
    () => `does ${event.sender} reach the level of ${event.type}?`,
    () => `${mine} against ${needed}`,
  );
}

/**
 * AUTH-9.2. Nobody sets a state key that starts with `@` and is not his own. AUTH-3.12. Types that have one value take the empty state key.
 */
function demandStateKey(c: Case): Fault | null {
  const { event } = c;
  const stateKey = event.state_key ?? '';
  return (
    c.demand(
      RULES.STATE_KEY,
      !stateKey.startsWith('@') || stateKey === event.sender,
      () => 'is the state key free for the sender?',
      () => JSON.stringify(stateKey.slice(0, 64)),
    ) ??
    c.demand(
      RULES.STATE_KEY_SHAPE,
      !SINGLE.has(event.type) || stateKey === '',
      () => `does ${event.type} take this state key?`,
      () => JSON.stringify(stateKey.slice(0, 64)),
    )
  );
}

function ownRule(c: Case): Fault | null {
  if (c.event.type === TYPES.JOIN_RULES) return c.shape(readJoinRules(c.event));
  return c.event.type === TYPES.POWER_LEVELS ? powerLevels(c) : null;
}

/**
 * Changing power levels. AUTH-9.3. The creator is not listed. AUTH-9.4. Levels that change, of acts, types and users, are not above the
 * sender's, before or after. AUTH-9.5. Another user whose listed level changes is below the sender.
 */
function powerLevels(c: Case): Fault | null {
  const { event, view } = c;
  const malformed = c.shape(readPowerLevels(event));
  if (malformed !== null) return malformed;
  const after = accepted(readPowerLevels(event));
  const listed = c.demand(
    RULES.LEVELS_CREATOR,
    !after.users.has(ownerOf(view)),
    () => 'is the creator, who is above all levels, left out?',
    () => ownerOf(view),
  );
  if (listed !== null || view.get(TYPES.POWER_LEVELS) === undefined) return listed;
  const before = powerLevelsOf(view);
  const mine = actingRank(view, event);
  for (const act of Object.keys(LEVELS) as LevelName[]) {
    const fault = levelChange(c, mine, act, before.of[act], after.of[act]);
    if (fault !== null) return fault;
  }
  for (const type of namesOf(before.events, after.events)) {
    const fault = levelChange(c, mine, type, before.events.get(type), after.events.get(type));
    if (fault !== null) return fault;
  }
  for (const user of namesOf(before.users, after.users)) {
    const fault = userLevelChange(c, mine, user, before.users.get(user), after.users.get(user));
    if (fault !== null) return fault;
  }
  return null;
}

/** AUTH-9.4 for one level; undefined: not listed. */
function levelChange(c: Case, mine: number, what: string, before: number | undefined, after: number | undefined): Fault | null {
  if (before === after) return null;
  return c.demand(
    RULES.LEVELS_ABOVE,
    Math.max(before ?? -Infinity, after ?? -Infinity) <= mine,
    () => `is the level of ${what} not above the sender's, before and after?`,
    () => `${before ?? 'none'} to ${after ?? 'none'}, the sender has ${mine}`,
  );
}

/** AUTH-9.4 and AUTH-9.5 for one user. */
function userLevelChange(c: Case, mine: number, user: string, before: number | undefined, after: number | undefined): Fault | null {
  if (before === after) return null;
  return (
    levelChange(c, mine, user, before, after) ??
    c.demand(
      RULES.LEVELS_EQUAL,
      user === c.event.sender || before === undefined || before < mine,
      () => `is ${user} the sender, or of a lower level than the sender?`,
      () => `${before ?? 'none'} against ${mine}`,
    )
  );
}
