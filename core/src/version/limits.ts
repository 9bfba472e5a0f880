/** What bounds one event. */
export interface EventLimits {
  /** Bytes of the canonical event: without `signatures` and `unsigned` (EV-14), or without `unsigned` alone (MXB-12). */
  readonly maxEventBytes: number;
  /** Levels of arrays and objects; the event itself is the first (EV-13, MXB-4). */
  readonly maxDepth: number;
  /** EV-8, MXB-8 */
  readonly maxPrevEvents: number;
  /** EV-9, MXB-8 */
  readonly maxAuthEvents: number;
  /** EV-10 */
  readonly maxGuildHeads: number;
  /** Keys that sign (EV-11). */
  readonly maxSignatures: number;
  /** UTF-8 bytes (EV-3, MXB-6). */
  readonly maxTypeBytes: number;
  /** UTF-8 bytes (EV-4, MXB-6). */
  readonly maxStateKeyBytes: number;
}

export const NATIVE_LIMITS: EventLimits = Object.freeze({
  maxEventBytes: 65_536,
  maxDepth: 64,
  maxPrevEvents: 20,
  maxAuthEvents: 10,
  maxGuildHeads: 10,
  maxSignatures: 8,
  maxTypeBytes: 255,
  maxStateKeyBytes: 255,
});

/**
 * Client-server API, "Size limits": "The complete event MUST NOT be larger than 65536 bytes, when formatted with the federation event format,
 * including any signatures, and encoded as Canonical JSON", and 255 bytes for `event_id`, `room_id`, `sender`, `state_key` and `type`. Room
 * versions, "Event format": `auth_events` "Must contain less than or equal to 10 events", `prev_events` "less than or equal to 20 events".
 *
 * The specification bounds neither nesting nor the number of signatures: nesting is our choice (MXB-4), signatures are bounded by the size.
 */
export const MATRIX_LIMITS: EventLimits = Object.freeze({ ...NATIVE_LIMITS, maxDepth: 512, maxGuildHeads: 0, maxSignatures: Infinity });
