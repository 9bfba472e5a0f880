import { randomBytes } from 'node:crypto';
import { fetch } from 'undici';
import type { Logger } from 'pino';
import type { Platform } from './platform.ts';

/** The real clock, randomness, timers and network. */
export function nodePlatform(logger: Logger): Platform {
  return {
    now: () => Date.now(),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    setTimer: (ms, fn) => {
      const timer = setTimeout(fn, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    fetch,
    logger,
  };
}
