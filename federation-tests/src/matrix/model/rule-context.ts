import type { MatrixEvent } from './event.ts';
import type { VerifySigned } from './third-party.ts';

/** What the rules take from outside. */
export interface RuleContext {
  readonly version: number;
  /** MX-1.3: `content.room_version` that somebody may name. */
  readonly knowsVersion: (version: string) => boolean;
  readonly verify: VerifySigned;
  /** MX-2.1: the create event that the ID of a room of version 12 names, if it was accepted. */
  readonly createOf: (room: string) => MatrixEvent | undefined;
}
