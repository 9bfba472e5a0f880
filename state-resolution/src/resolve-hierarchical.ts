import { Ancestry, type ByChain } from './ancestry.ts';
import { compareUtf8 } from './byte-order.ts';
import { valueOf } from './key-value.ts';
import { PowerClasses } from './power-classes.ts';
import type { Fault, HierarchicalInput, HierarchicalRules, Node, Resolution, ResolutionTrace, VoidReason } from './types.ts';

const UNJUDGED = 0;
const STANDS = 1;
const VOID = 2;
/** Fewer power events in one key are judged one by one. */
const WORTH_GROUPING = 8;
/** Fewer events of one key are gone through one by one. */
const WORTH_CHAINS = 8;

/**
 * The state after a region, as a function of the set of its events and of nothing else: neither the order in which they are given
 * nor the order in which they arrived.
 *
 * Time: the clocks of the chain cover for ancestry, one authorisation for each event, and one for each pair of an event and a concurrent power
 * event of higher rank whose key the event's rule reads. Throws only if the region is not one (an ID twice, a circle).
 */
export function resolveHierarchical<E>(input: HierarchicalInput<E>, rules: HierarchicalRules<E>, trace?: ResolutionTrace): Resolution<E> {
  return resolveBy(new Ancestry(input.region), input, rules, trace);
}

/** The same, with the ancestry of the region at hand. */
export function resolveBy<E>(
  ancestry: Ancestry<Node<E>>,
  input: HierarchicalInput<E>,
  rules: HierarchicalRules<E>,
  trace?: ResolutionTrace,
): Resolution<E> {
  const judging = new Judging(ancestry, input, rules);
  judging.judgeAll(trace);
  return { changes: judging.changes(trace), void: new Set(judging.reasons.keys()), reasons: judging.reasons };
}

class Judging<E> {
  readonly reasons = new Map<string, VoidReason>();
  readonly #base: (key: string) => E | undefined;
  readonly #rules: HierarchicalRules<E>;
  readonly #ancestry: Ancestry<Node<E>>;
  readonly #verdicts: Uint8Array;
  /** Key -> its events, ascending. */
  readonly #byKey = new Map<string, number[]>();
  /** The same by chains, for keys of many events; made when first asked for. */
  readonly #byChain = new Map<string, ByChain | undefined>();
  /** Key -> standing power events that put something into it together with other keys, highest rank first. */
  readonly #power = new Map<string, number[]>();
  /** Key -> standing power events that put something into it alone. */
  readonly #powerAlone = new Map<string, PowerClasses<E>>();
  readonly #puts = new Map<number, ReadonlyMap<string, E>>();

  constructor(ancestry: Ancestry<Node<E>>, input: HierarchicalInput<E>, rules: HierarchicalRules<E>) {
    this.#base = input.base;
    this.#rules = rules;
    this.#ancestry = ancestry;
    this.#verdicts = new Uint8Array(this.#ancestry.states.length);
    for (const [number, node] of this.#ancestry.states.entries()) append(this.#byKey, node.key as string, number);
  }

  /**
   * RES-4. Events are judged by rank, highest first, and in causal order within a rank. Events of equal rank that are concurrent do
   * not touch each other, so nothing else matters.
   */
  judgeAll(trace?: ResolutionTrace): void {
    const order = [...this.#ancestry.states.keys()].sort((a, b) => this.#node(b).rank - this.#node(a).rank || a - b);
    for (const number of order) {
      const node = this.#node(number);
      const reason = this.#judge(number);
      this.#verdicts[number] = reason === null ? STANDS : VOID;
      if (reason !== null) this.reasons.set(node.id, reason);
      else if (this.#rules.isPowerEvent(node.event)) this.#register(number);
      trace?.events.push({ id: node.id, key: node.key as string, rank: node.rank, verdict: reason === null ? 'stands' : 'void', reason });
    }
  }

  /** RES-7. The state is each key's value over the events that are not void; where none is, the value at the cut. */
  changes(trace?: ResolutionTrace): Map<string, E> {
    const changes = new Map<string, E>();
    const keys = trace === undefined ? this.#byKey : [...this.#byKey].sort(([a], [b]) => compareUtf8(a, b));
    for (const [key, numbers] of keys) {
      const standing = numbers.filter((number) => this.#verdicts[number] === STANDS);
      const value = valueOf(standing, this.#ancestry, this.#rules);
      if (value !== undefined) changes.set(key, this.#node(value.winner).event);
      trace?.keys.push({
        key,
        winner: value === undefined ? null : this.#node(value.winner).id,
        wonBy: value === undefined ? 'no-candidate' : value.wonBy,
        candidates: numbers.map((number) => ({
          id: this.#node(number).id,
          rank: this.#node(number).rank,
          weight: value?.last.get(number) ?? null,
          originTs: this.#node(number).originTs,
          standing: this.#verdicts[number] === VOID ? 'void' : value?.last.has(number) ? 'last' : 'superseded',
        })),
      });
    }
    return changes;
  }

  #node(number: number): Node<E> {
    return this.#ancestry.states[number] as Node<E>;
  }

  #judge(number: number): VoidReason | null {
    const read = new Set<string>();
    const values = new Map<string, E | undefined>();
    const past = (key: string): E | undefined => {
      if (!values.has(key)) values.set(key, this.#pastValue(number, key));
      return values.get(key);
    };
    const fault = this.#inItsOwnPast(number, past, read);
    return fault === null ? this.#undoneBy(number, past, read) : { clause: 'a', by: null, fault };
  }

  /** RES-5, (a). Void is what the values of its own past do not authorise. */
  #inItsOwnPast(number: number, past: (key: string) => E | undefined, read: Set<string>): Fault | null {
    return this.#rules.authorize(this.#node(number).event, past, (key) => read.add(key));
  }

  /**
   * RES-5. The value of a key in the past of an event, where an ancestor that is judged already counts by its verdict and one that is not
   * counts as it did in the state before the event.
   */
  #pastValue(number: number, key: string): E | undefined {
    const candidates = this.#byKey.get(key);
    if (candidates === undefined) return this.#base(key);
    const { voidBefore } = this.#node(number);
    const counts = (candidate: number): boolean => {
      const verdict = this.#verdicts[candidate];
      return verdict === UNJUDGED ? !voidBefore.has(this.#node(candidate).id) : verdict === STANDS;
    };
    const chains = candidates.length < WORTH_CHAINS ? undefined : this.#chainsOf(key, candidates);
    if (chains !== undefined) {
      const last = this.#ancestry.lastBefore(number, chains, counts);
      const [only, second] = last.length > 1 ? this.#ancestry.lastOf(last.sort((a, b) => a - b)) : last;
      if (only === undefined) return this.#base(key);
      if (second === undefined) return this.#node(only).event;
    }
    const seen = candidates.filter((candidate) => this.#ancestry.precedes(candidate, number) && counts(candidate));
    const value = valueOf(seen, this.#ancestry, this.#rules);
    return value === undefined ? this.#base(key) : this.#node(value.winner).event;
  }

  #chainsOf(key: string, candidates: readonly number[]): ByChain | undefined {
    if (!this.#byChain.has(key)) this.#byChain.set(key, this.#ancestry.byChain(candidates));
    return this.#byChain.get(key);
  }

  /**
   * RES-6, (b). Void is what is not authorised once some standing power event, concurrent and of higher rank, is put in place of the value
   * of its key, together with its companions. A key that the rule did not read cannot matter.
   */
  #undoneBy(number: number, past: (key: string) => E | undefined, read: ReadonlySet<string>): VoidReason | null {
    const { event } = this.#node(number);
    const oneByOne = new Set<number>();
    let found: { power: number; fault: Fault } | undefined;
    for (const key of read) {
      this.#addOver(number, this.#power.get(key) ?? [], oneByOne);
      for (const alike of this.#classesOf(number, key, past, read)) {
        const first = alike.find((power) => this.#isOver(power, number));
        // The first of those that look alike stands for all of them, unless the rule looks further than in the event's own past.
        if (first === undefined || (found !== undefined && !this.#isBefore(first, found.power))) continue;
        let further = false;
        const fault = this.#withPut(event, first, past, (asked) => {
          if (!read.has(asked)) further = true;
        });
        if (fault !== null) found = { power: first, fault };
        else if (further) this.#addOver(number, alike, oneByOne);
      }
    }
    for (const power of [...oneByOne].sort((a, b) => (this.#isBefore(a, b) ? -1 : 1))) {
      if (found !== undefined && !this.#isBefore(power, found.power)) break;
      const fault = this.#withPut(event, power, past, () => {});
      if (fault !== null) found = { power, fault };
    }
    return found === undefined ? null : { clause: 'b', by: this.#node(found.power).id, fault: found.fault };
  }

  #withPut(event: E, power: number, past: (key: string) => E | undefined, onRead: (key: string) => void): Fault | null {
    const put = this.#puts.get(power) as ReadonlyMap<string, E>;
    return this.#rules.authorize(event, (key) => put.get(key) ?? past(key), onRead);
  }

  /** Power events that put something into a key alone, those together that are one to the event; or each by itself, where they are few or nothing is known. */
  #classesOf(number: number, key: string, past: (key: string) => E | undefined, read: ReadonlySet<string>): Iterable<readonly number[]> {
    const powers = this.#powerAlone.get(key);
    const over = powers === undefined ? 0 : this.#countOver(powers.numbers, number);
    if (powers === undefined || over === 0) return [];
    const facet = over < WORTH_GROUPING ? undefined : this.#rules.facet?.(this.#node(number).event, key, past, read);
    return facet === undefined ? powers.numbers.slice(0, over).map((power) => [power]) : powers.under(facet);
  }

  /** Is a power event of higher rank than an event, and concurrent with it? */
  #isOver(power: number, number: number): boolean {
    return this.#node(power).rank > this.#node(number).rank && this.#ancestry.concurrent(power, number);
  }

  /** How many of these power events, which stand in the order of judging, have a higher rank than an event. */
  #countOver(powers: readonly number[], number: number): number {
    const { rank } = this.#node(number);
    let low = 0;
    let high = powers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#node(powers[middle] as number).rank > rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #addOver(number: number, powers: readonly number[], to: Set<number>): void {
    const over = this.#countOver(powers, number);
    for (let i = 0; i < over; i++) if (this.#ancestry.concurrent(powers[i] as number, number)) to.add(powers[i] as number);
  }

  /** RES-4. Is `a` judged before `b`? */
  #isBefore(a: number, b: number): boolean {
    const byRank = this.#node(b).rank - this.#node(a).rank;
    return byRank === 0 ? a < b : byRank < 0;
  }

  #register(number: number): void {
    const node = this.#node(number);
    const put = new Map([[node.key as string, node.event]]);
    for (const companion of this.#rules.companions(node.event)) put.set(this.#rules.keyOf(companion), companion);
    this.#puts.set(number, put);
    if (put.size > 1) for (const key of put.keys()) append(this.#power, key, number);
    else {
      const key = node.key as string;
      let alone = this.#powerAlone.get(key);
      if (alone === undefined) this.#powerAlone.set(key, (alone = new PowerClasses()));
      alone.add(number, node.event);
    }
  }
}

function append(lists: Map<string, number[]>, key: string, number: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [number]);
  else list.push(number);
}
