import { ENGINE_RULES, RULES } from '@openguild/core';

/** Rules that a run can reach beside those that refuse an event. */
const OTHERS = ['RES-3', 'RES-5', 'RES-6', 'RES-8', 'ENG-10', 'FED-31', 'FED-36', 'FED-64', 'FED-65', 'EV-2', 'EV-18'];
/**
 * Rules that no copy from outside meets in a run, since another one stands before them: the runner looks for the room first, what is known is known
 * (ENG); a create event has no room, every other event has a past and guild heads (EV-7 to EV-10); a channel of another guild is refused as a room (ENG-3);
 * and a guild that begins wrongly is on nobody's server but its own.
 */
const NOT_HERE: ReadonlySet<string> = new Set([
  ENGINE_RULES.KNOWN,
  ENGINE_RULES.ROOM,
  ENGINE_RULES.VERSION,
  ENGINE_RULES.CREATE_FIRST,
  ENGINE_RULES.CHANNEL_GUILD,
  RULES.CREATE_FIRST,
  RULES.CREATE_ONCE,
  RULES.OWNER_KEY,
  RULES.CHANNEL_GUILD,
  RULES.PREV,
  RULES.GUILD_HEADS,
]);

export interface Coverage {
  readonly all: readonly string[];
  readonly reached: readonly string[];
  readonly never: readonly string[];
}

/** Which rules refused something or decided something. */
export function coverageReport(times: ReadonlyMap<string, number>): Coverage {
  const all = [
    ...new Set<string>([
      ...Object.values(RULES).filter((rule) => !NOT_HERE.has(rule)),
      ...Object.values(ENGINE_RULES).filter((rule) => !NOT_HERE.has(rule)),
      ...OTHERS,
    ]),
  ];
  const reached = all.filter((rule) => (times.get(rule) ?? 0) > 0);
  return { all, reached, never: all.filter((rule) => !reached.includes(rule)) };
}
