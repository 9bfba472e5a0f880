import type { EventDraft, RoomEvent, ServerSignatureCheck, SignatureCheck, Signer } from '../event/types.ts';
import type { Fault } from '../fault.ts';

/** `guild`: all authority, no conversation. `channel`: conversation, no authority. `plain`: both (direct messages, groups). */
export type RoomKind = 'guild' | 'channel' | 'plain';

/** One entry of a state that changed: type, state key, and the event that now holds it (null: the entry is gone). */
export type StateChange = readonly [type: string, stateKey: string, eventId: string | null];

/** One entry of a state. */
export type StateEntry = readonly [type: string, stateKey: string, eventId: string];

/**
 * What is void in a state, as a difference, so that no event costs more because of all that was ever void: what is void before `base` by the
 * difference kept with it (null: nothing), with `added` and without `removed`.
 */
export interface VoidDelta {
  /** The last event before, along the deepest prev events, whose own difference is not empty. */
  readonly base: string | null;
  /** Sorted by UTF-8 bytes, like `removed`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Everything the engine remembers of one event that entered a room, accepted or rejected. What a store keeps, as it is. */
export interface StoredEvent {
  readonly event: RoomEvent;
  readonly verdict: 'accepted' | 'rejected';
  /** Why it was rejected, or soft-failed. */
  readonly fault: Fault | null;
  /** Accepted, but not by this server's own state when it came, and no event that this server follows has it in its past since. */
  readonly soft_failed: boolean;
  /** The sender's rank in the state before the event. A bare number; the create event ranks highest. 0 in rejected events. */
  readonly rank: number;
  /** DAG-1. Length of the longest path back to the create event (0 for it). This server's own count, never on the wire. */
  readonly depth: number;
  /** State events of its past that are void in the state before it (guild and plain rooms). */
  readonly void_delta: VoidDelta;
  /** The state after the event is the state after this one (null: the empty state) with `state_delta` applied. */
  readonly state_base: string | null;
  readonly state_delta: readonly StateChange[];
}

/** What a step lacks. Serve all of it (`Room.supply`) and ask again; the same question then gets further. */
export interface Needs {
  /** Events to load from the store, or else to fetch from other servers and receive first. */
  readonly events: readonly { readonly room_id: string; readonly event_id: string }[];
  /** Full states after an event, to load from the store. */
  readonly states: readonly { readonly room_id: string; readonly event_id: string }[];
  /** Signatures to verify. Whoever serves this need also refuses keys that are not admissible (KEY rules). */
  readonly verdicts: readonly SignatureCheck[];
  /** Matrix versions: signatures whose keys the servers publish. Whoever serves this need looks the keys up. */
  readonly servers: readonly ServerSignatureCheck[];
  /**
   * Only where the caller set a limit (`Room.receive`): the step would replay more events than that, and nothing else is needed first. Take it again without
   * the limit when its turn has come (ENG-16).
   */
  readonly replays?: number;
}

/** Answers to needs. A room takes what concerns it and its guild; the rest is ignored. */
export interface Supplies {
  readonly events?: readonly StoredEvent[];
  readonly states?: readonly { readonly event_id: string; readonly entries: readonly StateEntry[] }[];
  readonly verdicts?: readonly { readonly check: SignatureCheck; readonly valid: boolean }[];
  /** For the very objects that were asked about. */
  readonly servers?: readonly { readonly check: ServerSignatureCheck; readonly valid: boolean }[];
}

/** What became of one copy. Data, never an exception; `fault.rule` is a rule ID of PROTOCOL.md. */
export type Outcome =
  /** It stands, and is part of the room's history here. */
  | { readonly kind: 'accepted' }
  /** It stands in the DAG for ever, but this server's present state does not allow it: not shown, not built upon. */
  | { readonly kind: 'soft-failed'; readonly fault: Fault }
  /** An auth rule refuses this event ID, for ever and everywhere. Kept, so that what cites it is refused as well. */
  | { readonly kind: 'rejected'; readonly fault: Fault }
  /** This copy is faulty (format, size, signature): dropped. The event ID stays wanted. */
  | { readonly kind: 'dropped'; readonly fault: Fault }
  /** Known already. `stored` is what was made of it. */
  | { readonly kind: 'known'; readonly stored: StoredEvent };

/** What a store must write, in one transaction, because of one outcome. */
export interface Effects {
  readonly room_id: string;
  /** Inserted, or replaced where the ID is known (a soft-failed event judged again; a redacted copy made whole). */
  readonly stored: StoredEvent;
  /** True for the first event of a room. */
  readonly creates_room: boolean;
  /** The room's forward extremities from now on, sorted; unchanged if null. */
  readonly extremities: readonly string[] | null;
  /**
   * Events that enter the room's history now, causal order: each gets the next stream position, and is soft-failed no more.
   * Soft-failed ancestors that the event covers come before it.
   */
  readonly enters_history: readonly string[];
  /** How the room's current state changes. */
  readonly state_changes: readonly StateChange[];
}

/** An answer, or what it lacks: serve the needs (`Room.supply`) and ask the same again. */
export type Ask<T> = { readonly needs: Needs } | { readonly needs: null; readonly value: T };

/** What `Room.receive` and `Room.rejudge` answer. */
export interface Received {
  readonly outcome: Outcome;
  /** Null where there is nothing to write (`dropped`, `known`). */
  readonly effects: Effects | null;
}

/** What `Room.create` answers. */
export interface Created {
  /** `refused`: the rules, or this server's present state, do not allow it; nothing was made. */
  readonly outcome: { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly fault: Fault };
  readonly event: RoomEvent | null;
  readonly effects: Effects | null;
}

/** What `Room.receive` takes beside the copy. */
export interface ReceiveLimits {
  /** Events that one resolution may replay (ENG-16). Default: any number. */
  readonly maxReplayed?: number;
}

/** What `Room.create` takes beside the draft. */
export interface CreateContext {
  /** Milliseconds since 1970, for `origin_ts`. */
  readonly now: number;
  /** The origin server's key first; then persons' keys. */
  readonly signers: readonly Signer[];
  /** Named in `signed_by` after the signers: keys of others who sign afterwards (`addSignature`). The event is then returned unsigned by them and not entered. */
  readonly cosigners?: readonly string[];
  /** Of a new room of a Matrix version before 12: its ID, `!`, any text, `:` and the creator's server (MX-1.2). Else absent. */
  readonly room_id?: string;
}

/** What a store returns for `open`: enough to build a `Room`; everything else comes as needs. */
export interface RoomSnapshot {
  readonly room_id: string;
  readonly room_version: string;
  readonly kind: RoomKind;
  /** Channels: their guild. */
  readonly guild_id: string | null;
  readonly extremities: readonly string[];
}

/** Where a page of history ended. Opaque to callers; keep it as it is. */
export interface HistoryCursor {
  readonly boundary: string;
  readonly after: string;
}

/** One page of `Room.history`. */
export interface HistoryPage {
  /** Newest first. */
  readonly events: readonly StoredEvent[];
  /** Null at the room's beginning. */
  readonly next: HistoryCursor | null;
}

export type { EventDraft };
