/** What bounds one event. */
export interface EventLimits {
  /** Bytes of the canonical event without `signatures` and `unsigned` (EV-14). */
  readonly maxEventBytes: number;
  /** Levels of arrays and objects; the event itself is the first (EV-13). */
  readonly maxDepth: number;
  /** EV-8 */
  readonly maxPrevEvents: number;
  /** EV-9 */
  readonly maxAuthEvents: number;
  /** EV-10 */
  readonly maxGuildHeads: number;
  /** Keys that sign (EV-11). */
  readonly maxSignatures: number;
  /** UTF-8 bytes (EV-3). */
  readonly maxTypeBytes: number;
  /** UTF-8 bytes (EV-4). */
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
