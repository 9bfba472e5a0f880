import { createHash } from 'node:crypto';
import type { EventDraft, JsonObject, RoomEvent } from '@openguild/core';
import type { Commit } from '@openguild/storage';
import type { ReceivedEvent, ServerOrder } from './history-file.ts';
import type { Request } from './environment/network.ts';
import { errorText } from '../error-text.ts';

/** A broken invariant. */
export interface Finding {
  readonly invariant: string;
  readonly detail: string;
  /** The event it is about, if it is about one. */
  readonly event_id?: string;
  /** What came to nothing, so that it may be in no history. */
  readonly lost?: Attempt | Copy;
}

/** What somebody wanted to have made, and where. */
export interface Attempt {
  /** Null: it would have made a room. */
  readonly room_id: string | null;
  readonly draft: EventDraft;
  /** Key IDs. */
  readonly signed_by: readonly string[];
  /** The ends of the room, and of a channel's guild, there and then. */
  readonly prev: readonly string[];
  readonly guild_heads: readonly string[] | null;
}

/** A copy that somebody got. */
export interface Copy {
  readonly pdu: JsonObject;
}

/** An event whose making was acknowledged to a client. */
export interface Acknowledged {
  readonly server: string;
  readonly event: RoomEvent;
  readonly position: number;
  readonly txn: string;
  /** Order of acknowledgements, over all servers. */
  readonly order: number;
}

/** An event that a server made, while what governs its room stayed where it was, and the servers in whose queues it was put. */
export interface Sending {
  readonly from: string;
  readonly room_id: string;
  readonly event_id: string;
  readonly to: readonly string[];
}

/** A whole copy of a channel event that an honest server gave to another. */
export interface Disclosure {
  readonly from: string;
  readonly to: string;
  readonly room_id: string;
  readonly event_id: string;
  /** States of the guild by which the giver may have judged: its heads when the event was queued, and when it was given. */
  readonly heads: readonly (readonly string[])[];
}

/** ENG-9: what a server made of an accepted event by its present state. */
export interface SecondJudgement {
  readonly server: string;
  readonly room_id: string;
  readonly event_id: string;
  /** The rule by which it is soft-failed. */
  readonly soft: string | null;
  /** Where the governing room (the guild, or the plain room) ended there when it was judged: one of these. */
  readonly heads: readonly (readonly string[])[];
}

/** What a server would not make for its own people. */
export interface Refusal extends Attempt {
  readonly room_id: string;
  readonly server: string;
  readonly rule: string;
  /** As for SecondJudgement. */
  readonly heads: readonly (readonly string[])[];
}

/** Code units. */
const HASHED_AT_ONCE = 32_768;

/** A server that went back to a backup: what it acknowledged from one number to another may be lost, or stand elsewhere. */
export interface Restored {
  readonly server: string;
  readonly from: number;
  readonly to: number;
  /** When the backup was made, and when it came back, on the scale of `receipts`. */
  readonly madeMs: number;
  readonly ms: number;
  /** Rooms that the backup knew. */
  readonly rooms: readonly string[];
}

/** What happened in one run, as the checkers want it. Never read by the servers. */
export class Ledger {
  readonly findings: Finding[] = [];
  readonly acknowledged: Acknowledged[] = [];
  readonly disclosures: Disclosure[] = [];
  /** What servers made, and for whom it was queued. */
  readonly outgoing: Sending[] = [];
  /** `server server` -> events that the first put into a transaction for the second, whether that came there or not. */
  readonly sentEvents = new Map<string, Set<string>>();
  /** Alarms: two servers with the same heads and other states, as one of them says. */
  readonly divergences: { readonly by: string; readonly with: string; readonly room_id: string; readonly heads: readonly string[] }[] = [];
  readonly judgedTwice: SecondJudgement[] = [];
  readonly refusals: Refusal[] = [];
  /** Error that nobody expected -> what was to be made or taken in. */
  readonly broken = new WeakMap<object, Attempt | Copy>();
  readonly restored: Restored[] = [];
  /** ENG-15: `server room ID` where a backup came back and nobody else was in the room that could return anything. */
  readonly alone = new Set<string>();
  /** Whole copies where there are any; rejected ones as well. */
  readonly events = new Map<string, RoomEvent>();
  /** Every copy that was made or sent by anybody, in the order of first appearance: a history file's lines. */
  readonly pdus = new Map<string, JsonObject>();
  /** Events that nobody made, but that engine and model were asked about. */
  readonly continuation: JsonObject[] = [];
  readonly coverage = new Map<string, number>();
  readonly faults = new Map<string, number>();
  /** Verdicts that servers came to and wrote: each judges each event for itself, once. */
  judged = 0;
  /** Copies that servers' engines took in, from whomever and however often, and events that they made. */
  handled = 0;
  /** True time of the last change of any honest server's disk. */
  lastCommit = 0;
  /** The most that waited anywhere at once: parked events, outgoing events. */
  peakParked = 0;
  peakQueued = 0;
  readonly #digest = createHash('sha256');
  /** Server -> what came to its disk, in this order. */
  readonly #received = new Map<string, ReceivedEvent[]>();
  #began: number | null = null;
  #unhashed = '';
  #verbose: ((line: string) => void) | null;

  constructor(verbose: ((line: string) => void) | null = null) {
    this.#verbose = verbose;
  }

  /** Everything that two runs of one seed must have in common goes through here. */
  note(line: string): void {
    this.#unhashed += `${line}\n`;
    if (this.#unhashed.length > HASHED_AT_ONCE) this.#hash();
    this.#verbose?.(line);
  }

  digest(): string {
    this.#hash();
    return this.#digest.copy().digest('hex').slice(0, 32);
  }

  #hash(): void {
    this.#digest.update(this.#unhashed);
    this.#unhashed = '';
  }

  /** Was the backup of a server that came back older than this acknowledgement? */
  mayBeLost({ server, order }: Acknowledged): boolean {
    return this.restored.some((one) => one.server === server && one.from <= order && order < one.to);
  }

  /** `about`: the ID of the event that it is about, or what never became one. */
  find(invariant: string, detail: string, about?: string | Attempt | Copy): void {
    const which = about === undefined ? {} : typeof about === 'string' ? { event_id: about } : { lost: about };
    if (this.findings.length < 100) this.findings.push({ invariant, detail, ...which });
    this.note(`FOUND ${invariant} ${typeof about === 'string' ? about : ''}`);
  }

  /** An error that nobody expected. */
  broke(what: string, error: unknown): void {
    const lost = error instanceof Error ? this.broken.get(error) : undefined;
    const cause = error instanceof Error && error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
    this.find('no-error', `${what}: ${errorText(error)}${cause}`, lost);
  }

  reached(rule: string): void {
    this.coverage.set(rule, (this.coverage.get(rule) ?? 0) + 1);
  }

  fault(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }

  sent(from: string, to: string, request: Request, now: number): void {
    this.note(`${now} ${from} > ${to} ${request.kind}`);
  }

  committed(server: string, commit: Commit, now: number): void {
    const { stored } = commit.effects;
    const { event } = stored;
    this.lastCommit = now;
    this.judged += 1;
    this.#began ??= now;
    const order = this.#received.get(server);
    const as = stored.verdict === 'rejected' ? 'rejected' : stored.soft_failed ? 'soft-failed' : 'accepted';
    const row: ReceivedEvent = { event_id: event.event_id, ms: now - this.#began, as };
    if (order === undefined) this.#received.set(server, [row]);
    else order.push(row);
    this.note(`${now} ${server} ${event.event_id} ${stored.verdict} ${stored.fault?.rule ?? ''} ${commit.positions.join(',')}`);
    if (stored.fault !== null) this.reached(stored.fault.rule);
    if (this.events.get(event.event_id)?.redacted !== false) this.events.set(event.event_id, event);
    if (!this.pdus.has(event.event_id)) this.pdus.set(event.event_id, event.pdu);
  }

  /** Milliseconds since the first event. */
  elapsed(now: number): number {
    return now - (this.#began ?? now);
  }

  /** Events that a server did not follow at some time. */
  softFailedBy(server: string): ReadonlySet<string> {
    return new Set((this.#received.get(server) ?? []).flatMap(({ event_id, as }) => (as === 'soft-failed' ? [event_id] : [])));
  }

  /** What each server had, and when: an event that it judged again is there at its first time. */
  receipts(): ServerOrder[] {
    return [...this.#received].map(([server, rows]) => {
      const first = new Map<string, ReceivedEvent>();
      for (const row of rows) if (!first.has(row.event_id)) first.set(row.event_id, row);
      return { server, events: [...first.values()] };
    });
  }
}
