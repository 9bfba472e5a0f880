import type { Ask } from './types.ts';
import { Lacking } from './working-set.ts';

/**
 * Runs a question to its end, or to the first thing it lacks. The question must not change anything before it has all it reads:
 * it is asked again from the start once its needs are served.
 */
export function ask<T>(question: () => T): Ask<T> {
  try {
    return { needs: null, value: question() };
  } catch (error) {
    if (error instanceof Lacking) return { needs: error.needs };
    throw error;
  }
}
