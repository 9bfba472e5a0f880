import type { RunKind } from '../sim/shape.ts';

/** One rule switched off, by a change of the compiled program as it is loaded. A text that is no longer there is an error, never a canary that nobody hears. */
export interface Canary {
  /** The rule, and a word if it has several parts. */
  readonly name: string;
  /** The end of the file's path. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
  /** Where `find` stands, in UTF-16 units; without it the text occurs once. */
  readonly at?: number;
  /** Why no run can show that it is gone: what refuses the same before it, or in its place. */
  readonly implied?: string;
  /** It shows only where signatures are real. */
  readonly real?: true;
  /** It shows only where core's own arithmetic verifies: the platform refuses the same by itself. */
  readonly portable?: true;
  /** It shows in rooms of Matrix versions. */
  readonly matrix?: true;
  /** The kind of runs in which it shows most. */
  readonly runs?: RunKind;
  /** Small worlds in which it shows, where runs hit it too seldom: the acts that are tried, and how many events. */
  readonly worlds?: { readonly acts: readonly string[]; readonly events: number };
}

/** What a process ends with if its canary's line is not there exactly once. */
export const NO_SUCH_LINE = 3;

/** The program as the canary changes it; undefined if what it changes is not there. */
export function changedBy({ find, put, at }: Canary, source: string): string | undefined {
  const place = at ?? source.indexOf(find);
  const isThere = at === undefined ? source.split(find).length === 2 : source.startsWith(find, at);
  return isThere ? source.slice(0, place) + put + source.slice(place + find.length) : undefined;
}
