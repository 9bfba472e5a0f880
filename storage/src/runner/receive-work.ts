import type { Outcome, UnverifiedCopy } from '@openguild/core';
import type { Lacking } from './needs-server.ts';
import type { Release } from './replay-queue.ts';
import type { WriteOptions } from './room-writer.ts';
import type { RunnerLimits } from './runner-limits.ts';

/** An event that waits in the parking lot for what it cites. */
export interface Parked {
  readonly kind: 'parked';
  readonly missing: readonly string[];
}

export interface FetchBudget {
  fetches: number;
  events: number;
}

/** Events of one room to be received, with whatever has to be received before them. Walks back from each with a stack: chains may be long. */
export class ReceiveWork {
  readonly room_id: string;
  readonly from: string | null;
  /** How the events that are wanted for themselves are written. */
  readonly write: WriteOptions;
  readonly budget: FetchBudget;
  /** Copies at hand that were not received yet. */
  readonly copies = new Map<string, UnverifiedCopy>();
  /** Events that were asked for elsewhere already, with success or without. */
  readonly tried = new Set<string>();
  readonly outcomes = new Map<string, Outcome | Parked>();
  /** A copy that was put off, while it has its turn (ENG-16). */
  turn: { readonly event_id: string; readonly release: Release } | null = null;
  readonly #wanted = new Set<string>();
  readonly #roots: string[] = [];
  /** The event that is wanted, what it needs first, what that needs, and so on. */
  #stack: string[] = [];

  constructor(roomId: string, from: string | null, budget: FetchBudget, write: WriteOptions = { outgoing: false }) {
    this.room_id = roomId;
    this.from = from;
    this.budget = budget;
    this.write = write;
  }

  static budget(limits: RunnerLimits): FetchBudget {
    return { fetches: limits.fetches, events: limits.fetchedEvents };
  }

  want(copy: UnverifiedCopy): void {
    this.copies.set(copy.event.event_id, copy);
    this.#wanted.add(copy.event.event_id);
    this.#roots.push(copy.event.event_id);
  }

  /** Asked for itself, and not only because another one cites it. */
  isWanted(eventId: string): boolean {
    return this.#wanted.has(eventId);
  }

  /** The copy to be received now; undefined when all is done. */
  next(): UnverifiedCopy | undefined {
    for (;;) {
      if (this.#stack.length === 0) {
        const root = this.#roots.shift();
        if (root === undefined) return undefined;
        this.#stack = [root];
      }
      const copy = this.copies.get(this.#stack.at(-1) as string);
      if (copy !== undefined) return copy;
      // Received already, on the way to another one.
      this.#stack.pop();
    }
  }

  done(copy: UnverifiedCopy, outcome: Outcome): void {
    const { event_id } = copy.event;
    this.outcomes.set(event_id, outcome);
    this.copies.delete(event_id);
    if (this.turn?.event_id === event_id) this.endTurn();
    // What was dropped is not looked for again by this work: the same server would send the same copy.
    this.tried.add(event_id);
    this.#stack.pop();
  }

  endTurn(): void {
    this.turn?.release();
    this.turn = null;
  }

  /** Puts those that are at hand before the present one. False if none is. */
  first(lacking: readonly Lacking[]): boolean {
    const atHand = lacking.filter(
      (one) => one.room_id === this.room_id && this.copies.has(one.event_id) && !this.#stack.includes(one.event_id),
    );
    this.#stack.push(...atHand.map((one) => one.event_id));
    return atHand.length > 0;
  }

  /** Gives up the event that is wanted now: it and everything on the way to it, each with what it lacks. */
  giveUp(lacking: readonly Lacking[]): { readonly copy: UnverifiedCopy; readonly missing: readonly Lacking[] }[] {
    const blocked: { copy: UnverifiedCopy; missing: readonly Lacking[] }[] = [];
    let missing = lacking;
    for (const id of this.#stack.toReversed()) {
      const copy = this.copies.get(id);
      if (copy === undefined) continue;
      blocked.push({ copy, missing });
      this.outcomes.set(id, { kind: 'parked', missing: missing.map((one) => one.event_id) });
      this.copies.delete(id);
      missing = [{ room_id: this.room_id, event_id: id }];
    }
    this.#stack = [];
    return blocked;
  }
}
