import { serverOf } from '../identifiers.ts';
import { accepted, readAdmission, readCreate, readKeys } from './content.ts';
import { TYPES } from './event-types.ts';
import type { StateView } from './state-view.ts';

/** The rank of a guild's owner and of a plain room's creator; every other rank and level is lower. */
export const OWNER_RANK = 1_000_000;

/** Under which keys, and up to which rank, a server takes part. */
export interface Admission {
  readonly root: string;
  /** The keys that came with the admission, most trusted first. */
  readonly keys: readonly string[];
  /** The ceiling: its users rank no higher. */
  readonly rank: number;
}

/**
 * AUTH-4.1. A server is admitted by its admission event; the creator's own server by the create event, above everybody.
 * Undefined if it is not admitted.
 */
export function admissionOf(view: StateView, server: string): Admission | undefined {
  if (server === serverOf(view.origin.sender)) {
    const { root, keys } = accepted(readCreate(view.origin));
    return { root, keys, rank: OWNER_RANK };
  }
  const event = view.get(TYPES.ADMISSION, server);
  return event === undefined ? undefined : accepted(readAdmission(event));
}

/**
 * AUTH-4.2. The keys by which a server may sign, most trusted first: its own last statement under the admitted root, else the list that
 * came with the admission or the create event. Empty if it is not admitted.
 */
export function serverKeys(view: StateView, server: string): readonly string[] {
  const admission = admissionOf(view, server);
  if (admission === undefined) return [];
  const own = view.get(TYPES.KEYS, admission.root);
  return own === undefined ? admission.keys : accepted(readKeys(own));
}
