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

/** Differences between two states, one for each entry; `name` turns the engine's event IDs into the history's. */
export function compareStates(event: string, found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): Difference[] {
  const keys = new Set([...found.keys(), ...expected.keys()]);
  return [...keys]
    .filter((key) => found.get(key) !== expected.get(key))
    .map((key) => ({ event, field: `state ${key}`, expected: expected.get(key) ?? 'absent', got: found.get(key) ?? 'absent', rule: null }));
}
