import type { RoomKind } from '../room/types.ts';

/** Something that keeps an export from being what it claims to be. */
export interface ExportFinding {
  /** From 1; 0: the file as a whole. */
  readonly line: number;
  /** The rule of PROTOCOL.md that is broken. */
  readonly rule: string;
  readonly detail: string;
  /** Absent where the line has no event, or none that has an ID. */
  readonly event_id?: string;
}

/** What became of one event line. `unjudged`: its past is not all there. `dropped`: the copy is faulty. */
export interface EventVerdict {
  readonly line: number;
  readonly verdict: 'accepted' | 'rejected' | 'dropped' | 'unjudged';
  /** Null where the copy is too faulty to have an ID. */
  readonly event_id: string | null;
  readonly room_id: string | null;
  readonly type: string | null;
  readonly sender: string | null;
  /** This copy holds only what redaction keeps. */
  readonly redacted: boolean;
  /** The rule that rejected the event or dropped the copy. */
  readonly rule: string | null;
}

/** One of two events that prove an equivocation. */
export interface SignedEvent {
  readonly line: number;
  readonly event_id: string;
  /** The server's signatures by key ID, all verified. What they sign follows from the event ID (SIG-1). */
  readonly signatures: Readonly<Record<string, string>>;
}

/** EXP-11. Two events of one server, neither of which has the other in its past: it told one story here and another there. */
export interface Equivocation {
  readonly server: string;
  readonly room_id: string;
  readonly events: readonly [SignedEvent, SignedEvent];
}

/** An event that others cite and that the file does not hold, or only in a faulty copy. */
export interface MissingPast {
  readonly room_id: string;
  readonly event_id: string;
  /** Lines of the events that cite it, ascending, at most ten. */
  readonly cited_by_lines: readonly number[];
}

/** One room of an export as the file itself proves it. */
export interface VerifiedRoom {
  readonly room_id: string;
  readonly kind: RoomKind;
  readonly accepted: number;
  readonly rejected: number;
  /** Accepted events that no accepted event of the file cites, by UTF-8 bytes. */
  readonly heads: readonly string[];
  /** Of the state at the heads (DAG-4). */
  readonly state_hash: string;
  /** Entries of that state. */
  readonly state_entries: number;
  /** State events without effect at the heads, by UTF-8 bytes. */
  readonly void: readonly string[];
  /** Whether the closing line says the same; null if there is none. */
  readonly as_claimed: boolean | null;
}

/** The result of a verification: plain data. */
export interface VerifyReport {
  /** No fault was found. Says nothing about equivocations, which a faithful export of a room may well hold. */
  readonly verified: boolean;
  /** Null if the header could not be read. */
  readonly room_id: string | null;
  readonly room_version: string | null;
  readonly lines: number;
  /** Key documents of servers that the file holds and that count (Matrix versions, EXP-13). */
  readonly key_documents: number;
  /** Signatures of servers of which there is no key document (Matrix versions), where the verifier was not given keys. */
  readonly unchecked_signatures: number;
  readonly rooms: readonly VerifiedRoom[];
  readonly fault_count: number;
  /** By line; the first 1,000. */
  readonly faults: readonly ExportFinding[];
  readonly missing: readonly MissingPast[];
  readonly equivocation_count: number;
  /** By line of the later event; the first 1,000. */
  readonly equivocations: readonly Equivocation[];
  /** One for each event line, by line. */
  readonly events: readonly EventVerdict[];
}
