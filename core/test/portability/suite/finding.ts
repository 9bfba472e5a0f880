/** The outcome of one vector. */
export interface Finding {
  readonly file: string;
  readonly rule: string;
  readonly why: string;
  /** What is wrong, or null. */
  readonly fault: string | null;
}

/** Runs one vector: `check` says what is wrong, or null; what it throws is wrong as well. */
export function find(file: string, vector: { readonly rule: string | null; readonly why: string }, check: () => string | null): Finding {
  const about = { file, rule: vector.rule ?? '', why: vector.why };
  try {
    return { ...about, fault: check() };
  } catch (error) {
    return { ...about, fault: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** Null if both are the same as JSON (members in any order). */
export function differs(what: string, got: unknown, wanted: unknown): string | null {
  const [a, b] = [text(got), text(wanted)];
  return a === b ? null : `${what}: ${a}, expected ${b}`;
}

/** The first fault. */
export function first(...faults: readonly (string | null)[]): string | null {
  return faults.find((fault) => fault !== null) ?? null;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
