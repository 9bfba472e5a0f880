/** A rule that was broken: data, never an exception. `rule` is a rule ID of PROTOCOL.md; tests compare it, never `detail`. */
export interface Fault {
  readonly rule: string;
  readonly detail: string;
}

/** A value, or the first rule that kept it from being made. */
export type Result<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Fault);

/** A value that was made. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** The rule that kept a value from being made. `detail`: for people, in words that may change. */
export function fail(rule: string, detail: string): { readonly ok: false } & Fault {
  return { ok: false, rule, detail };
}
