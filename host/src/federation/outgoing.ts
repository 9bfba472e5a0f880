import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '@openguild/core';
import type { OutgoingItem, OutgoingQueue } from '@openguild/storage';
import type { Logger } from 'pino';
import type { CancelTimer, Platform } from '../platform/platform.ts';
import { PeerUnreachableError } from './guarded-fetch.ts';
import { MAX_PDUS } from './limits.ts';
import { type PeerClient, PeerRefusedError } from './peer-client.ts';

export interface OutgoingOptions {
  readonly serverName: string;
  readonly queue: OutgoingQueue;
  readonly client: PeerClient;
  readonly platform: Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>;
  /** First and longest wait between attempts, milliseconds. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly logger: Logger;
  /** A server answers again after attempts that failed. */
  readonly onReconnect: (server: string) => void;
}

interface Lane {
  running: Promise<void> | undefined;
  /** Something came while the loop was about to end. */
  again: boolean;
  cancelTimer: CancelTimer | undefined;
  lastHurry: number;
}

/** FED-42: least time between attempts that a sign of life brings forward, milliseconds. */
const HURRY_MS = 250;

/**
 * Delivers this host's events: for every destination one loop, which takes what waits in the store in order, at most 50 events at a time, and
 * removes it once the other server has answered. What waits survives restarts; nothing is given up because of time.
 */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #lanes = new Map<string, Lane>();
  #stopped = true;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** Begins with everything that waits from before; a fresh start tries every destination at once. */
  async start(): Promise<void> {
    this.#stopped = false;
    for (const destination of await this.#options.queue.destinations()) await this.#hurry(destination);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const running = [...this.#lanes.values()].flatMap((lane) => lane.running ?? []);
    for (const lane of this.#lanes.values()) lane.cancelTimer?.();
    await Promise.all(running);
  }

  /** Something new waits for these servers. */
  wake(destinations: readonly string[]): void {
    for (const destination of destinations) this.#run(destination);
  }

  /** FED-42: that server is alive: what waits for it is tried now, whatever its back-off says. */
  signOfLife(server: string): void {
    const lane = this.#lanes.get(server);
    if (this.#stopped || lane?.cancelTimer === undefined || lane.lastHurry + HURRY_MS > this.#options.platform.now()) return;
    void this.#hurry(server);
  }

  /** Tries to deliver everything that waits now. True if nothing is left. */
  async flush(destination: string): Promise<boolean> {
    await this.#hurry(destination);
    await this.#lanes.get(destination)?.running;
    return (await this.#options.queue.peek(destination, 1)).length === 0;
  }

  async isIdle(destination: string): Promise<boolean> {
    return (await this.#options.queue.peek(destination, 1)).length === 0;
  }

  async #hurry(destination: string): Promise<void> {
    const lane = this.#lane(destination);
    lane.lastHurry = this.#options.platform.now();
    try {
      const state = await this.#options.queue.state(destination);
      if (state.retry_at > 0) await this.#options.queue.setState(destination, { ...state, retry_at: 0 });
    } catch (error) {
      this.#options.logger.error({ destination, err: error }, 'cannot read the outgoing queue');
      return;
    }
    this.#run(destination);
  }

  #lane(destination: string): Lane {
    const lane = this.#lanes.get(destination) ?? { running: undefined, again: false, cancelTimer: undefined, lastHurry: 0 };
    this.#lanes.set(destination, lane);
    return lane;
  }

  #run(destination: string): void {
    const lane = this.#lane(destination);
    if (this.#stopped) return;
    if (lane.running !== undefined) {
      lane.again = true;
      return;
    }
    lane.cancelTimer?.();
    lane.cancelTimer = undefined;
    lane.again = false;
    lane.running = this.#loop(destination, lane)
      .catch((error: unknown) => {
        this.#options.logger.error({ destination, err: error }, 'outgoing loop failed');
        this.#later(destination, lane, this.#options.retryMinMs);
      })
      .finally(() => {
        lane.running = undefined;
        if (lane.again) this.#run(destination);
      });
  }

  async #loop(destination: string, lane: Lane): Promise<void> {
    const { queue, platform } = this.#options;
    while (!this.#stopped) {
      const state = await queue.state(destination);
      const items = await queue.peek(destination, MAX_PDUS);
      if (items.length === 0) return;
      if (state.retry_at > platform.now()) return this.#later(destination, lane, state.retry_at - platform.now());
      const outcome = await this.#deliver(destination, items);
      if (this.#stopped) return;
      if (outcome === 'failed') {
        const wait = this.#backOff(state.failures);
        await queue.setState(destination, { failures: state.failures + 1, retry_at: platform.now() + wait });
        return this.#later(destination, lane, wait);
      }
      if (state.failures > 0) this.#options.onReconnect(destination);
    }
  }

  /** One transaction. If the other side calls it malformed, its events go one by one, so that one bad event cannot hold up the rest. */
  async #deliver(destination: string, items: readonly OutgoingItem[]): Promise<'done' | 'failed'> {
    const { queue, logger } = this.#options;
    const last = items.at(-1);
    if (last === undefined) return 'done';
    try {
      await this.#send(destination, items);
      await queue.delivered(destination, last.sequence);
      return 'done';
    } catch (error) {
      if (error instanceof PeerUnreachableError) {
        logger.debug({ destination, error: error.message }, 'delivery failed');
        return 'failed';
      }
      if (!(error instanceof PeerRefusedError)) throw error;
      logger.warn({ destination, error: error.message }, 'delivery refused');
      if (error.status !== 400 && error.status !== 413) return 'failed';
      if (items.length === 1) {
        // FED-43: an event that alone makes a malformed transaction will never be taken.
        logger.error({ destination, event: last.event_id }, 'event given up: the other server cannot read it');
        await queue.delivered(destination, last.sequence);
        return 'done';
      }
    }
    for (const item of items) {
      if ((await this.#deliver(destination, [item])) === 'failed') return 'failed';
    }
    return 'done';
  }

  /** FED-41: the ID follows from what is sent, so an attempt after a restart is the same transaction, and never another body under an old ID. */
  async #send(destination: string, items: readonly OutgoingItem[]): Promise<void> {
    const { serverName, client, logger } = this.#options;
    const body: JsonObject = { origin: serverName, pdus: items.map((item) => item.pdu), edus: [] };
    const digest = createHash('sha256').update(canonicalJson(body)).digest('hex').slice(0, 16);
    const txnId = `${items[0]?.sequence ?? 0}-${items.at(-1)?.sequence ?? 0}-${digest}`;
    const { results } = await client.post(destination, `/_federation/send/${txnId}`, body);
    if (typeof results !== 'object' || results === null || Array.isArray(results)) return;
    for (const [event, result] of Object.entries(results as JsonObject)) {
      const outcome = (result as JsonObject | null)?.['outcome'];
      if (outcome !== 'accepted') logger.info({ destination, event, result }, 'event delivered but not accepted');
    }
  }

  /** FED-40: exponential, with jitter, so that many servers do not come back in step. */
  #backOff(failures: number): number {
    const { retryMinMs, retryMaxMs, platform } = this.#options;
    const whole = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures, 30));
    const [byte = 0] = platform.randomBytes(1);
    return Math.ceil(whole / 2 + (whole / 2) * (byte / 255));
  }

  #later(destination: string, lane: Lane, ms: number): void {
    if (this.#stopped) return;
    lane.cancelTimer?.();
    lane.cancelTimer = this.#options.platform.setTimer(ms, () => {
      lane.cancelTimer = undefined;
      this.#run(destination);
    });
  }
}
