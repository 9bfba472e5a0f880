import type { Logger } from 'pino';
import type { fetch } from 'undici';

/**
 * Everything a host takes from the world around it, so that a simulator can stand in for all of it.
 * `nodePlatform` is the real one; nothing else in the host reads a clock, draws random bytes, sets a timer or opens a connection.
 */
export interface Platform {
  /** Milliseconds since 1970. */
  now(): number;
  /** Unpredictable bytes, fit for keys and tokens. */
  randomBytes(length: number): Uint8Array;
  /** Calls `fn` once after `ms` milliseconds, unless cancelled. Never keeps the process alive by itself. */
  setTimer(ms: number, fn: () => void): CancelTimer;
  /** Outgoing HTTP, as in undici. Callers add the dispatcher that guards addresses. */
  readonly fetch: typeof fetch;
  readonly logger: Logger;
}

export type CancelTimer = () => void;
