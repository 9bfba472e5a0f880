/** One answer of the engine that is not the one that a history expects. */
export interface Difference {
  /** The event, by the history's own name for it; or the room, for what concerns its end. */
  readonly event: string;
  /** `verdict`, `at`, `state`, `void`, ... */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
  /** The rule that the engine names, where it names one. */
  readonly rule: string | null;
}

/** What became of one history. */
export interface HistoryResult {
  readonly id: string;
  readonly events: number;
  readonly differences: readonly Difference[];
  /** Why it was not judged at all, or null. */
  readonly skipped: string | null;
  /** Implementations disagree about it: reported, not counted. */
  readonly disputed: boolean;
}

/** A history that does not keep its format: what of it and why. Counts as failed. */
export class MalformedHistoryError extends Error {
  override readonly name = 'MalformedHistoryError';
}

/** The one difference there is between two texts, or none. */
export function differs(event: string, field: string, expected: string, got: string, rule: string | null = null): Difference[] {
  return expected === got ? [] : [{ event, field, expected, got, rule }];
}

/** Differences between two states, one for each entry; a state is a map of `type|state_key` to an event. */
export function compareStates(event: string, found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): Difference[] {
  const keys = new Set([...found.keys(), ...expected.keys()]);
  return [...keys].flatMap((key) => differs(event, `state ${key}`, expected.get(key) ?? 'absent', found.get(key) ?? 'absent'));
}

/** The difference between two sets of names, written in their order. */
export function compareLists(event: string, field: string, found: Iterable<string>, expected: readonly string[]): Difference[] {
  // A name that is expected twice is expected wrongly.
  return differs(event, field, sorted(expected), sorted(new Set(found)));
}

function sorted(names: Iterable<string>): string {
  const list = [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return list.length === 0 ? 'none' : list.join(' ');
}
