import { readFileSync } from 'node:fs';

/** What every vector has: why it is there, and the rule it is about (the one broken, where it is refused). */
export interface Vector {
  readonly why: string;
  readonly rule: string;
}

/** The vectors of one file of `spec/vectors`, by its name without `.json`. */
export function readVectors<T extends Vector>(name: string): readonly T[] {
  const file = new URL(`../../../spec/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T[];
}
