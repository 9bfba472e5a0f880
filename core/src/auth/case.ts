import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import type { RoomKind } from '../room/types.ts';
import { describeMask } from './permission-bits.ts';
import { actingBits, describeBits } from './permissions.ts';
import { actingRank } from './rank.ts';
import type { StateView } from './state-view.ts';

/** What judging needs beside the event and the state. */
export interface AuthContext {
  readonly kind: RoomKind;
  /** Admissions: whether `proof` is the root key's signature over this room, server and key list. Anything but true counts as false. */
  readonly proofValid?: boolean;
}

/** One question that a rule asked, with what answered it. */
export interface AuthStep {
  readonly rule: string;
  readonly question: string;
  /** Begins with `yes` or `no`. A rule that is kept is answered by yes. */
  readonly answer: string;
  /** IDs of the state events read for it that no earlier step had read. */
  readonly reads: readonly string[];
}

/** Every question asked, in order. Filled by `authorize` if given. */
export type AuthTrace = AuthStep[];

/** One event before its judge. */
export class Case {
  readonly event: RoomEvent;
  readonly view: StateView;
  readonly context: AuthContext;
  readonly #trace: AuthTrace | undefined;
  #reported = 0;

  constructor(event: RoomEvent, view: StateView, context: AuthContext, trace: AuthTrace | undefined) {
    this.event = event;
    this.view = view;
    this.context = context;
    this.#trace = trace;
  }

  /** Null if what the rule demands holds; else the fault. The words are made only if somebody reads them. */
  demand(rule: string, holds: boolean, question: () => string, reason: () => string): Fault | null {
    if (holds && this.#trace === undefined) return null;
    const answer = `${holds ? 'yes' : 'no'}: ${reason()}`;
    this.#trace?.push({ rule, question: question(), answer, reads: this.#newReads() });
    return holds ? null : { rule, detail: `${question()} ${answer}` };
  }

  /** A fault found by reading content, or null. */
  shape(read: { readonly ok: boolean } | ({ readonly ok: false } & Fault)): Fault | null {
    if (read.ok || !('rule' in read)) return null;
    this.#trace?.push({ rule: read.rule, question: 'is the content well-formed?', answer: `no: ${read.detail}`, reads: [] });
    return { rule: read.rule, detail: read.detail };
  }

  /** Does the sender, as this event is signed, hold a permission, in the guild or in one of its channels? */
  demandBit(rule: string, bit: bigint, channel?: string): Fault | null {
    const { event, view } = this;
    return this.demand(
      rule,
      (actingBits(view, event, channel) & bit) !== 0n,
      () => `does ${event.sender} hold ${describeMask(bit)}${channel === undefined ? '' : ` in ${channel}`}?`,
      () => describeBits(view, event, channel),
    );
  }

  /** Is a rank lower than the sender's, as this event is signed? `whose`: in words. */
  demandBelow(rule: string, rank: number, whose: string): Fault | null {
    const mine = actingRank(this.view, this.event);
    return this.demand(
      rule,
      rank < mine,
      () => `does ${this.event.sender} rank above ${whose}?`,
      () => `${mine} against ${rank}`,
    );
  }

  #newReads(): string[] {
    const reads = this.view.reads();
    const fresh = reads.slice(this.#reported);
    this.#reported = reads.length;
    return fresh.flatMap(({ event }) => event?.event_id ?? []);
  }
}
