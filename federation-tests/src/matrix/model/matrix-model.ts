import { byCodePoints, entryOf, type Lookup, type MatrixEvent, type MatrixState } from './event.ts';
import { Resolution } from './resolution.ts';
import type { RuleContext } from './rule-context.ts';
import { type Cited, judgeByCited, judgeByState } from './rules.ts';

/** What became of an event. */
export interface MatrixJudged {
  readonly event: MatrixEvent;
  readonly before: MatrixState;
  /** The first rule that each of the two judgements finds broken (MX-0.1). */
  readonly byCited: string | null;
  readonly byState: string | null;
  /** Null: accepted. */
  readonly fault: string | null;
}

/**
 * The rules and the resolution of Matrix rooms of versions 3 to 12 once more (PROTOCOL.md, MX), written to be read and not to be fast. Give it
 * events in an order in which everything cited comes first; of an event that lacks a signature say so.
 */
export class MatrixModel {
  readonly records = new Map<string, MatrixJudged>();
  /** Rule -> events that it rejected. */
  readonly reached = new Map<string, number>();
  readonly #context: RuleContext;
  readonly #resolution: Resolution;
  readonly #resolved = new Map<string, MatrixState>();

  constructor(context: Omit<RuleContext, 'createOf'>) {
    const createOf = (room: string): MatrixEvent | undefined => {
      const record = this.records.get(`$${room.slice(1)}`);
      return record?.fault === null && record.event.type === 'm.room.create' ? record.event : undefined;
    };
    this.#context = { ...context, createOf };
    this.#resolution = new Resolution((id) => this.#record(id).event, this.#context);
  }

  /** `dropped`: why it would never have been judged. It has its place in the graph and changes nothing. */
  receive(event: MatrixEvent, dropped: string | null = null): MatrixJudged {
    const record = this.judged(event, dropped);
    for (const rule of new Set([record.byCited, record.byState]))
      if (rule !== null) this.reached.set(rule, (this.reached.get(rule) ?? 0) + 1);
    this.records.set(event.id, record);
    return record;
  }

  /** What it would make of an event. */
  judged(event: MatrixEvent, dropped: string | null = null): MatrixJudged {
    const before = this.at(event.prev);
    const cited = event.auth.map((id): Cited => ({ event: this.#record(id).event, rejected: this.#record(id).fault !== null }));
    const byCited = dropped === null ? judgeByCited(event, cited, this.#context) : null;
    const byState = dropped === null ? judgeByState(event, this.#lookup(before), this.#context) : null;
    return { event, before, byCited, byState, fault: dropped ?? byCited ?? byState };
  }

  /** Accepted by somebody who was asked before: an event of another room. */
  takeForeign(event: MatrixEvent): void {
    this.records.set(event.id, { event, before: new Map(), byCited: null, byState: null, fault: null });
  }

  /** MX-0.2: the state after these events together. */
  at(ids: readonly string[]): MatrixState {
    const distinct = [...new Set(ids)];
    const [only, ...more] = distinct;
    if (only !== undefined && more.length === 0) return this.#after(only);
    const name = distinct.sort(byCodePoints).join(' ');
    let state = this.#resolved.get(name);
    if (state === undefined) this.#resolved.set(name, (state = this.#resolution.resolve(distinct.map((id) => this.#after(id)))));
    return state;
  }

  /** ENG-9: the rule by which an accepted event is refused where the room ends. */
  softFault(id: string, ends: readonly string[]): string | null {
    return judgeByState(this.#record(id).event, this.#lookup(this.at(ends)), this.#context);
  }

  #after(id: string): MatrixState {
    const { event, before, fault } = this.#record(id);
    if (fault !== null || event.stateKey === undefined) return before;
    return new Map([...before, [entryOf(event.type, event.stateKey), id]]);
  }

  #lookup(state: MatrixState): Lookup {
    return (type, key) => {
      const id = state.get(entryOf(type, key));
      return id === undefined ? undefined : this.#record(id).event;
    };
  }

  #record(id: string): MatrixJudged {
    const record = this.records.get(id);
    if (record === undefined) throw new Error(`the model never had ${id}`);
    return record;
  }
}

/** Of several entries of power levels that break different rules any may be looked at first (MX-10.7 and MX-10.8, MX-10.9 and MX-10.10). */
const BESIDE: Readonly<Record<string, string>> = { 'MX-10.8': 'MX-10.7', 'MX-10.10': 'MX-10.9' };

/** Do two judgements name one rule, as far as the rules say which is named? */
export function isSameRule(a: string | null, b: string | null): boolean {
  const named = (rule: string | null): string => BESIDE[rule ?? ''] ?? rule ?? '';
  return named(a) === named(b);
}
