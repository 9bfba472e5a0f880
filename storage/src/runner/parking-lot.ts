import type { UnverifiedCopy } from '@openguild/core';
import type { Lacking } from './needs-server.ts';
import type { RunnerLimits } from './runner-limits.ts';

/** A copy with right signatures that cites events which nobody had yet. */
export interface ParkedCopy {
  readonly room_id: string;
  readonly copy: UnverifiedCopy;
  /**
   * The server that brought it. Not the one it says it is from: whether that server's key is listed is known only once it can be judged, so
   * anybody could fill another server's share.
   */
  readonly origin: string;
  /** Events without which it cannot be judged, of its room or of its guild. */
  readonly missing: readonly Lacking[];
}

/**
 * ENG-7. Events wait for what they cite: at most so many of one room and of one origin; beyond that the oldest of the origin that holds most goes.
 * In memory only: what is dropped or lost stays wanted and comes again.
 */
export class ParkingLot {
  readonly #limits: RunnerLimits;
  /** Event ID -> copy, oldest first. */
  readonly #parked = new Map<string, ParkedCopy>();
  /** Missing event ID -> IDs of what waits for it. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Room ID -> origin -> how many. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(limits: RunnerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#parked.size;
  }

  park(parked: ParkedCopy): void {
    const { room_id, origin, copy, missing } = parked;
    const { event_id } = copy.event;
    this.remove(event_id);
    const counts = this.#counts.get(room_id) ?? new Map<string, number>();
    if ((counts.get(origin) ?? 0) >= this.#limits.parkedPerOrigin)
      this.#dropOldest((one) => one.room_id === room_id && one.origin === origin);
    else if (total(counts) >= this.#limits.parkedPerRoom) {
      const most = holdsMost(counts);
      this.#dropOldest((one) => one.room_id === room_id && one.origin === most);
    } else if (this.#parked.size >= this.#limits.parkedTotal) this.#dropOldest(() => true);
    this.#parked.set(event_id, parked);
    this.#count(room_id, origin, 1);
    for (const { event_id: id } of missing) this.#waiting.set(id, (this.#waiting.get(id) ?? new Set()).add(event_id));
  }

  /** Takes out what waited for this event. */
  arrived(eventId: string): ParkedCopy[] {
    const freed: ParkedCopy[] = [];
    for (const id of this.#waiting.get(eventId) ?? []) {
      const parked = this.#parked.get(id);
      if (parked !== undefined) freed.push(parked);
    }
    for (const parked of freed) this.remove(parked.copy.event.event_id);
    return freed;
  }

  remove(eventId: string): void {
    const parked = this.#parked.get(eventId);
    if (parked === undefined) return;
    this.#parked.delete(eventId);
    this.#count(parked.room_id, parked.origin, -1);
    for (const { event_id: id } of parked.missing) {
      const waiting = this.#waiting.get(id);
      waiting?.delete(eventId);
      if (waiting?.size === 0) this.#waiting.delete(id);
    }
  }

  /** Parked copies among these events and what they wait for, and so on; and the events at the ends of these chains, which are not here. */
  chainsOf(events: readonly Lacking[]): { readonly copies: readonly UnverifiedCopy[]; readonly ends: readonly Lacking[] } {
    const copies = new Map<string, UnverifiedCopy>();
    const ends = new Map<string, Lacking>();
    const open = [...events];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      const parked = this.#parked.get(one.event_id);
      if (parked === undefined) ends.set(one.event_id, one);
      else if (!copies.has(one.event_id)) {
        copies.set(one.event_id, parked.copy);
        open.push(...parked.missing);
      }
    }
    return { copies: [...copies.values()], ends: [...ends.values()] };
  }

  #dropOldest(which: (parked: ParkedCopy) => boolean): void {
    for (const [id, parked] of this.#parked) {
      if (!which(parked)) continue;
      this.remove(id);
      return;
    }
  }

  #count(roomId: string, origin: string, by: number): void {
    const counts = this.#counts.get(roomId) ?? new Map<string, number>();
    const count = (counts.get(origin) ?? 0) + by;
    if (count > 0) counts.set(origin, count);
    else counts.delete(origin);
    if (counts.size > 0) this.#counts.set(roomId, counts);
    else this.#counts.delete(roomId);
  }
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function holdsMost(counts: ReadonlyMap<string, number>): string | undefined {
  let most: string | undefined;
  for (const [origin, count] of counts) if (most === undefined || count > (counts.get(most) ?? 0)) most = origin;
  return most;
}
