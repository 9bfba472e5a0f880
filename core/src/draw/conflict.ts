/** What a drawing says of one event beside what it is. */
export type Fate =
  /** Holds the entry. */
  | 'winner'
  /** Wanted the entry and has not got it; or was refused. */
  | 'loser'
  /** Another entry's event because of which a loser is void. */
  | 'decider'
  /** Only there because of where it stands. */
  | 'other';

/** Why an event lost. */
export interface Reason {
  /** The rule of PROTOCOL.md that decided; null where it has no number. */
  readonly rule: string | null;
  /** One sentence without a full stop. */
  readonly text: string;
}

/** One event of a drawing. */
export interface DrawnEvent {
  readonly event_id: string;
  /** What it does, in a few words that hold strangers' names: escape it for whatever shows it. */
  readonly title: string;
  readonly sender: string;
  /** The sender's rank in the state before it, as resolution reads it (AUTH-4.12). Means nothing in Matrix versions. */
  readonly rank: number;
  readonly fate: Fate;
  /** In a word or two: `in force`, `void`, `lost`, `replaced`, `rejected`, `soft-failed`; empty for others. */
  readonly status: string;
  readonly reason: Reason | null;
  /** The event that was asked about. */
  readonly subject: boolean;
  /** Drawn events that it follows, nearest first; `between`: events left out on the way (0: it cites that event itself). */
  readonly after: readonly { readonly event_id: string; readonly between: boolean }[];
}

/** The part of a room's graph in which one entry of its state was in conflict, ready to be drawn. Plain data. */
export interface Conflict {
  readonly room_id: string;
  /** Whether ranks decide here: native guilds and plain rooms. */
  readonly ranked: boolean;
  /** What is in conflict, in words. */
  readonly title: string;
  /** Causal order. */
  readonly events: readonly DrawnEvent[];
  /** What the drawn heads give together; null where they are not merged. */
  readonly merged: { readonly heads: readonly string[]; readonly event_id: string | null; readonly text: string } | null;
  /** Events of this part of the graph that were left out for space. */
  readonly omitted: number;
}
