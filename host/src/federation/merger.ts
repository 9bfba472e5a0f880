import { blake3, utf8Compare } from '@openguild/core';
import type { Logger } from 'pino';
import type { CancelTimer, Platform } from '../platform/platform.ts';
import { HostError } from '../http/errors.ts';
import type { Rooms } from '../services/rooms.ts';
import type { FederationLimits } from './limits.ts';

export interface MergerOptions {
  readonly serverName: string;
  readonly rooms: Rooms;
  readonly platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly limits: FederationLimits;
  /** FED-64: how long a peer may lack our heads before we merge, milliseconds. */
  readonly afterMs: number;
  /** Is everything delivered that waited for this server? */
  readonly isDelivered: (server: string) => Promise<boolean>;
  /** The room should be compared again. */
  readonly compareAgain: (roomId: string) => void;
  readonly logger: Logger;
}

interface Lack {
  readonly heads: ReadonlySet<string>;
  readonly since: number;
  /** Merges already made because of this server since it was last in step. */
  readonly merges: number;
}

/** FED-64: a peer that follows no merge either is not given one after another: the wait doubles with each, up to this, milliseconds. */
const LONGEST_WAIT_MS = 3_600_000;

/** FED-65: between the turns of two servers that would both merge a room with too many ends, milliseconds. */
const TURN_MS = 2_000;

/** FED-65: before the first turn, so that a burst of events is merged as one, milliseconds. */
const BURST_MS = 500;

/**
 * Sends `m.room.merge` in the name of the bare server where histories would otherwise stay apart: if a peer does not follow events that it has (FED-64), or if a room
 * has too many ends (FED-65). A merge has no content and changes no state; it only makes what it cites part of one past.
 */
export class Merger {
  readonly #options: MergerOptions;
  readonly #lacks = new Map<string, Lack>();
  readonly #lastMerge = new Map<string, number>();
  readonly #timers = new Map<string, CancelTimer>();
  #stopped = false;

  constructor(options: MergerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** This server follows everything that we do. */
  inStep(roomId: string, server: string): void {
    this.#lacks.delete(`${roomId} ${server}`);
  }

  /** FED-64: a peer told its heads, and these of ours were not among them although nothing waits for it any more: after a while, we merge. */
  async lacking(roomId: string, server: string, heads: readonly string[]): Promise<void> {
    const { platform, afterMs, isDelivered, compareAgain } = this.#options;
    const key = `${roomId} ${server}`;
    const before = this.#lacks.get(key);
    const merges = before?.merges ?? 0;
    const wait = Math.min(Math.max(LONGEST_WAIT_MS, afterMs), afterMs * 2 ** Math.min(merges, 20));
    if (heads.length === 0 || !(await isDelivered(server))) {
      if (heads.length > 0) this.#timer(`compare ${roomId}`, afterMs, () => compareAgain(roomId));
      return;
    }
    const same = before !== undefined && heads.some((id) => before.heads.has(id));
    if (!same) this.#lacks.set(key, { heads: new Set(heads), since: platform.now(), merges });
    if (same && platform.now() - before.since >= wait) {
      this.#lacks.set(key, { heads: new Set(), since: platform.now(), merges: merges + 1 });
      await this.#merge(roomId, `${server} does not follow ${heads.length} of our heads`);
    } else {
      this.#timer(`compare ${roomId}`, wait, () => compareAgain(roomId));
    }
  }

  /** FED-65: a room has these ends now. Above ten, servers merge one after another until one has: first the one with the smallest BLAKE3(server, heads). */
  ends(roomId: string, heads: readonly string[], servers: () => Promise<readonly string[]>): void {
    if (heads.length <= this.#options.limits.extremities) {
      this.#cancel(`ends ${roomId}`);
      return;
    }
    void servers()
      .then((all) => {
        const delay = BURST_MS + TURN_MS * turnOf(this.#options.serverName, all, heads);
        this.#timer(`ends ${roomId}`, delay, () => void this.#mergeEnds(roomId));
      })
      .catch((error: unknown) => this.#options.logger.error({ room: roomId, err: error }, 'cannot plan a merge'));
  }

  async #mergeEnds(roomId: string): Promise<void> {
    try {
      const heads = await this.#options.rooms.ask(roomId, (room) => ({ needs: null, value: room.extremities.length }));
      if (heads > this.#options.limits.extremities) await this.#merge(roomId, `${heads} ends`);
    } catch (error) {
      this.#options.logger.error({ room: roomId, err: error }, 'merge failed');
    }
  }

  async #merge(roomId: string, why: string): Promise<void> {
    const { rooms, serverName, platform, logger, afterMs } = this.#options;
    const last = this.#lastMerge.get(roomId) ?? Number.NEGATIVE_INFINITY;
    if (this.#stopped || platform.now() - last < Math.min(afterMs, TURN_MS)) return;
    this.#lastMerge.set(roomId, platform.now());
    try {
      const { event } = await rooms.send(roomId, { type: 'm.room.merge', sender: `@:${serverName}`, content: {} });
      logger.info({ room: roomId, event: event.event_id, why }, 'merged');
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      logger.warn({ room: roomId, why, error: error.message, rule: error.rule }, 'merge refused');
    }
  }

  #timer(key: string, ms: number, run: () => void): void {
    if (this.#stopped || this.#timers.has(key)) return;
    const cancel = this.#options.platform.setTimer(ms, () => {
      this.#timers.delete(key);
      run();
    });
    this.#timers.set(key, cancel);
  }

  #cancel(key: string): void {
    this.#timers.get(key)?.();
    this.#timers.delete(key);
  }
}

/** Place of a server in the order of BLAKE3(server name, newline, heads), from 0. */
export function turnOf(server: string, servers: readonly string[], heads: readonly string[]): number {
  const hash = (name: string): string => Buffer.from(blake3(new TextEncoder().encode(`${name}\n${heads.join('\n')}`))).toString('hex');
  const order = [...new Set([server, ...servers])].map((name) => ({ name, hash: hash(name) })).sort((a, b) => utf8Compare(a.hash, b.hash));
  return order.findIndex(({ name }) => name === server);
}
