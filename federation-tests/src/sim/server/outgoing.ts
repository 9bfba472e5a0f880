import type { Here } from './here.ts';
import { Refused, Unreachable } from '../environment/network.ts';

const BATCH = 50;

interface Lane {
  running: boolean;
  again: boolean;
  cancel: (() => void) | null;
}

/** FED-40 to FED-42: one queue for each destination, which survives restarts; back-off; hurry at a sign of life. */
export class Outgoing {
  readonly #here: Here;
  readonly #lanes = new Map<string, Lane>();
  readonly #onReturn: (server: string) => void;

  constructor(here: Here, onReturn: (server: string) => void) {
    this.#here = here;
    this.#onReturn = onReturn;
  }

  async start(): Promise<void> {
    for (const destination of await this.#here.store.outgoing.destinations()) await this.#hurry(destination);
  }

  wake(destinations: readonly string[]): void {
    for (const destination of destinations) this.#run(destination);
  }

  signOfLife(server: string): void {
    if (typeof this.#lanes.get(server)?.cancel === 'function') this.#here.timer(0, () => this.#hurry(server));
  }

  async isIdle(destination: string): Promise<boolean> {
    return (await this.#here.store.outgoing.peek(destination, 1)).length === 0;
  }

  async #hurry(destination: string): Promise<void> {
    const { outgoing } = this.#here.store;
    const state = await outgoing.state(destination);
    if (state.retry_at > 0) await outgoing.setState(destination, { ...state, retry_at: 0 });
    this.#run(destination);
  }

  #run(destination: string): void {
    const lane = this.#lanes.get(destination) ?? { running: false, again: false, cancel: null };
    this.#lanes.set(destination, lane);
    if (lane.running) {
      lane.again = true;
      return;
    }
    lane.cancel?.();
    lane.cancel = null;
    lane.again = false;
    lane.running = true;
    this.#here.timer(0, async () => {
      try {
        await this.#loop(destination, lane);
      } finally {
        lane.running = false;
      }
      if (lane.again) this.#run(destination);
    });
  }

  async #loop(destination: string, lane: Lane): Promise<void> {
    const { store, times, ledger, random } = this.#here;
    for (;;) {
      const items = await store.outgoing.peek(destination, BATCH);
      ledger.peakQueued = Math.max(ledger.peakQueued, items.length);
      const [first] = items;
      const last = items.at(-1);
      if (first === undefined || last === undefined) return;
      const { failures, retry_at } = await store.outgoing.state(destination);
      const wait = (ms: number): void => {
        lane.cancel = this.#here.timer(ms, () => this.#run(destination));
      };
      if (retry_at > this.#here.now()) return wait(Math.min(retry_at - this.#here.now(), times.retryMax));
      try {
        const body = { txn: `${this.#here.generation}-${first.sequence}-${last.sequence}`, pdus: items.map((item) => item.pdu) };
        await this.#here.request(destination, { kind: 'send', body });
      } catch (error) {
        if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
        const whole = Math.min(times.retryMax, times.retryMin * 2 ** Math.min(failures, 20));
        const ms = random.between(Math.ceil(whole / 2), whole);
        await store.outgoing.setState(destination, { failures: failures + 1, retry_at: this.#here.now() + ms });
        return wait(ms);
      }
      await store.outgoing.delivered(destination, last.sequence);
      if (failures > 0) this.#onReturn(destination);
    }
  }
}
