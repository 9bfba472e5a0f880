import { createHash } from 'node:crypto';
import type { JsonObject } from '@openguild/core';
import type { InboundTransactions } from '@openguild/storage';
import { HostError } from '../http/errors.ts';

/**
 * FED-33: a transaction has one effect and one answer, however often it comes. Transactions of one origin run one after another, in the order
 * in which they came, so that two copies in parallel are one, and an origin cannot take more than its share.
 */
export class Transactions {
  readonly #store: InboundTransactions;
  readonly #now: () => number;
  readonly #maxWaiting: number;
  readonly #last = new Map<string, { waiting: number; tail: Promise<unknown> }>();

  constructor(store: InboundTransactions, now: () => number, maxWaiting: number) {
    this.#store = store;
    this.#now = now;
    this.#maxWaiting = maxWaiting;
  }

  /** Runs `work` unless this transaction was answered before. Throws TXN_MISMATCH if it was, for another body; LIMITED if too many wait. */
  async once(origin: string, txnId: string, body: Uint8Array, work: () => Promise<JsonObject>): Promise<JsonObject> {
    const lane = this.#last.get(origin) ?? { waiting: 0, tail: Promise.resolve() };
    if (lane.waiting >= this.#maxWaiting) {
      throw new HostError('LIMITED', 'too many transactions of your server are waiting', { rule: 'FED-34', retry_after_ms: 1_000 });
    }
    this.#last.set(origin, lane);
    lane.waiting += 1;
    const run = lane.tail.then(() => this.#run(origin, txnId, body, work));
    lane.tail = run.catch(() => undefined);
    try {
      return await run;
    } finally {
      lane.waiting -= 1;
      if (lane.waiting === 0) this.#last.delete(origin);
    }
  }

  async #run(origin: string, txnId: string, body: Uint8Array, work: () => Promise<JsonObject>): Promise<JsonObject> {
    const bodyHash = createHash('sha256').update(body).digest('hex');
    const before = await this.#store.find(origin, txnId);
    if (before !== undefined) {
      if (before.body_hash === bodyHash) return before.response;
      throw new HostError('TXN_MISMATCH', 'this transaction ID came before, with another body', { rule: 'FED-33' });
    }
    const response = await work();
    await this.#store.add({ origin, txn_id: txnId, body_hash: bodyHash, response, received_ts: this.#now() });
    return response;
  }
}
