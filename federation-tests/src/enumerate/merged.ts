import { isPower, KIND_OF_CREATE, type View } from '../model/event.ts';
import { concurrent, type Judged, type State } from '../model/resolution.ts';
import { guildBits, rank } from '../model/standing.ts';

/** Whoever judges and resolves: the model, or another rule of resolution over the same auth rules. */
export interface Judging {
  readonly records: ReadonlyMap<string, Judged>;
  at(room: string, heads: readonly string[]): { readonly state: State; readonly void: ReadonlyMap<string, unknown> };
  viewOf(state: State): View;
}

/** A world with its merged state, as the invariants look at it. */
export interface Merged {
  readonly judging: Judging;
  readonly room: string;
  readonly base: string;
  /** Accepted events after the base, in the order of making. */
  readonly fresh: readonly Judged[];
  readonly heads: readonly string[];
  readonly state: State;
  readonly void: ReadonlyMap<string, unknown>;
  readonly view: View;
}

export function mergedOf(judging: Judging, room: string, base: string, ids: readonly string[]): Merged {
  const fresh = ids.map((id) => judging.records.get(id) as Judged).filter((one) => one.fault === null);
  const ends = fresh.map((one) => one.event.id).filter((id) => !fresh.some((other) => other.past.has(id)));
  const heads = ends.length === 0 ? [base] : ends.sort((a, b) => (a < b ? -1 : 1));
  const { state, void: voided } = judging.at(room, heads);
  return { judging, room, base, fresh, heads, state, void: voided, view: judging.viewOf(state) };
}

export function keyOfEvent({ event }: Judged): string {
  return `${event.type}\n${event.stateKey ?? ''}`;
}

export function holderOf({ judging, state }: Merged, key: string): Judged | undefined {
  return judging.records.get(state.get(key) ?? '');
}

export function isBan({ event }: Judged): boolean {
  return event.type === 'm.room.member' && event.content['membership'] === 'ban';
}

/** Power events that rank above one, or above something as high in its past, and are concurrent with that. */
export function rankedOver(one: Judged, { judging, fresh }: Merged): boolean {
  const high = (other: Judged, mine: Judged): boolean => isPower(other.event) && other.rank > mine.rank && concurrent(other, mine);
  if (fresh.some((other) => high(other, one))) return true;
  for (const id of one.past) {
    const mine = judging.records.get(id) as Judged;
    if (mine.event.stateKey !== undefined && mine.rank >= one.rank && fresh.some((other) => high(other, mine))) return true;
  }
  return false;
}

export interface Standing {
  readonly bits: bigint;
  readonly rank: number;
}

const known = new WeakMap<Judged, Map<string, Standing>>();

/** What the state after an event gives a user. */
export function standingAfter(one: Judged, user: string, { judging }: Merged): Standing {
  let byUser = known.get(one);
  if (byUser === undefined) known.set(one, (byUser = new Map<string, Standing>()));
  let standing = byUser.get(user);
  if (standing === undefined) {
    const state = new Map(one.before);
    if (one.event.stateKey !== undefined) state.set(keyOfEvent(one), one.event.id);
    const view = judging.viewOf(state);
    standing = one.event.type in KIND_OF_CREATE ? { bits: 0n, rank: 0 } : { bits: guildBits(view, user, true), rank: rank(view, user) };
    byUser.set(user, standing);
  }
  return standing;
}
