import type { Act } from './base-guild.ts';
import { grown, idsOf, countOrders, NOTHING_YET, positions, type Subject, type World } from './world.ts';

export interface EnumerationOptions {
  /** The most events after the base. */
  readonly events: number;
  /** The n-th (from 0) of so many parts of the worlds of two events and more. */
  readonly part: number;
  readonly parts: number;
  /** Counts of an earlier run of the same part that ended early. */
  readonly from?: Tally | undefined;
}

/** All worlds that begin with one pair of events are one turn. */
export interface Tally {
  /** Turns done. */
  turns: number;
  /** Number of events after the base -> worlds. */
  readonly worlds: Record<number, number>;
  readonly rejected: Record<number, number>;
  /** Orders in which the worlds could be delivered, all of which were. */
  orders: number;
  /** Invariant -> how many worlds break it, and the first of the smallest ones. */
  readonly violations: Record<string, Violation>;
}

export interface Violation {
  readonly worlds: number;
  readonly fault: string;
  readonly story: readonly string[];
}

/**
 * Every world of up to N events after the base guild, each at every position (after the base, or after any set of concurrent ones), depth first; a
 * rejected event ends its branch. What is tried out says what is wrong with each.
 */
export class Enumeration<W> {
  readonly #subject: Subject<W>;
  readonly #options: EnumerationOptions;
  readonly tally: Tally;
  /** The tally after the last whole turn: what can be gone on from. */
  checkpoint: Tally;
  /** Invariant -> the world of `violations`, if it was found in this run. */
  readonly examples = new Map<string, { readonly fault: string; readonly knowledge: W }>();
  /** Set when nothing is left. */
  complete = false;

  constructor(subject: Subject<W>, options: EnumerationOptions) {
    this.#subject = subject;
    this.#options = options;
    this.tally = options.from ?? { turns: 0, worlds: {}, rejected: {}, orders: 0, violations: {} };
    this.checkpoint = structuredClone(this.tally);
  }

  /** Pairs of a first event and a try at a second, in this part. Known only when the first events are counted. */
  get turns(): number {
    const firsts = this.#firsts();
    return Math.ceil((firsts.length * 2 * this.#subject.acts.length - this.#options.part) / this.#options.parts);
  }

  /** Stops now and then, so that the caller can look at the clock and at `tally`. */
  *run(): Generator<void> {
    const { part, parts } = this.#options;
    const { acts } = this.#subject;
    const fresh = this.tally.turns === 0;
    const firsts = this.#firsts();
    if (fresh && part === 0) {
      this.tally.rejected[1] = acts.length - firsts.length;
      for (const one of firsts) this.#judge(one.knowledge, one.world);
    }
    if (this.#options.events > 1) {
      const skipped = part + this.tally.turns * parts;
      let turn = -1;
      for (const { knowledge, world } of firsts)
        for (const position of positions(world))
          for (const act of acts) {
            turn += 1;
            if (turn < skipped || turn % parts !== part) continue;
            yield* this.#step(knowledge, world, position, act);
            this.tally.turns += 1;
            this.checkpoint = structuredClone(this.tally);
            yield;
          }
    }
    this.complete = true;
  }

  #firsts(): readonly { readonly knowledge: W; readonly world: World }[] {
    const { base, acts, baseEnd } = this.#subject;
    return acts.flatMap((act) => {
      const added = this.#subject.add(base, NOTHING_YET, act, [baseEnd]);
      return added === null ? [] : [{ knowledge: added.knowledge, world: grown(NOTHING_YET, added.id, act, 0) }];
    });
  }

  *#step(knowledge: W, world: World, position: number, act: Act): Generator<void> {
    const size = world.ids.length + 1;
    const prev = position === 0 ? [this.#subject.baseEnd] : idsOf(position, world);
    const added = this.#subject.add(knowledge, world, act, prev);
    if (added === null) {
      this.tally.rejected[size] = (this.tally.rejected[size] ?? 0) + 1;
      return;
    }
    const next = grown(world, added.id, act, position);
    this.#judge(added.knowledge, next);
    if (size >= this.#options.events) return;
    if (size > 2) yield;
    for (const place of positions(next)) for (const one of this.#subject.acts) yield* this.#step(added.knowledge, next, place, one);
  }

  #judge(knowledge: W, world: World): void {
    const size = world.ids.length;
    this.tally.worlds[size] = (this.tally.worlds[size] ?? 0) + 1;
    this.tally.orders += countOrders(world);
    const seen = new Set<string>();
    for (const fault of this.#subject.faults(knowledge, world)) {
      const name = fault.slice(0, fault.indexOf(':'));
      if (seen.has(name)) continue;
      seen.add(name);
      const known = this.tally.violations[name];
      const worlds = (known?.worlds ?? 0) + 1;
      const isSmallest = known === undefined || world.ids.length < known.story.length;
      this.tally.violations[name] = isSmallest ? { worlds, fault, story: world.story } : { ...known, worlds };
      if (isSmallest) this.examples.set(name, { fault, knowledge });
    }
  }
}
