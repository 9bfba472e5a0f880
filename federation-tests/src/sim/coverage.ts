import { ENGINE_RULES, RULES } from '@openguild/core';

/** Rules that a run can reach beside those that refuse an event. */
const OTHERS = ['RES-3', 'RES-5', 'RES-6', 'RES-8', 'FED-31', 'FED-36', 'FED-64', 'FED-65', 'EV-2', 'EV-8', 'EV-15', 'EV-18'];
/** Engine rules that no copy from outside meets in a run: the runner looks for the room first, and what is known is known. */
const NOT_HERE: ReadonlySet<string> = new Set([
  ENGINE_RULES.KNOWN,
  ENGINE_RULES.ROOM,
  ENGINE_RULES.VERSION,
  ENGINE_RULES.CREATE_FIRST,
  ENGINE_RULES.CHANNEL_GUILD,
]);

export interface Coverage {
  readonly all: readonly string[];
  readonly reached: readonly string[];
  readonly never: readonly string[];
}

/** Which rules refused something or decided something. */
export function coverageReport(times: ReadonlyMap<string, number>): Coverage {
  const all = [
    ...new Set<string>([...Object.values(RULES), ...Object.values(ENGINE_RULES).filter((rule) => !NOT_HERE.has(rule)), ...OTHERS]),
  ];
  const reached = all.filter((rule) => (times.get(rule) ?? 0) > 0);
  return { all, reached, never: all.filter((rule) => !reached.includes(rule)) };
}
