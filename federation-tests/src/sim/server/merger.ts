import { blake3, utf8Compare, utf8Encode } from '@openguild/core';
import type { Here } from './here.ts';

const MAX_ENDS = 10;
const TURN = 2_000;
const BURST = 500;
const LONGEST = 3_600_000;

/** FED-63 to FED-65: merges where histories would otherwise stay apart. */
export class Merger {
  readonly #here: Here;
  readonly #merge: (roomId: string) => Promise<void>;
  readonly #compareAgain: (roomId: string) => void;
  readonly #isDelivered: (server: string) => Promise<boolean>;
  readonly #lacks = new Map<string, { heads: ReadonlySet<string>; since: number; merges: number }>();
  readonly #timers = new Map<string, () => void>();
  readonly #last = new Map<string, number>();

  constructor(
    here: Here,
    parts: {
      merge: (roomId: string) => Promise<void>;
      compareAgain: (roomId: string) => void;
      isDelivered: (server: string) => Promise<boolean>;
    },
  ) {
    this.#here = here;
    this.#merge = parts.merge;
    this.#compareAgain = parts.compareAgain;
    this.#isDelivered = parts.isDelivered;
  }

  inStep(roomId: string, server: string): void {
    this.#lacks.delete(`${roomId} ${server}`);
  }

  async lacking(roomId: string, server: string, heads: readonly string[]): Promise<void> {
    const { mergeAfter } = this.#here.times;
    if (heads.length === 0) return;
    if (!(await this.#isDelivered(server))) return this.#timer(`compare ${roomId}`, mergeAfter, () => this.#compareAgain(roomId));
    const key = `${roomId} ${server}`;
    const before = this.#lacks.get(key);
    const merges = before?.merges ?? 0;
    const wait = Math.min(LONGEST, mergeAfter * 2 ** Math.min(merges, 20));
    const same = before !== undefined && heads.some((id) => before.heads.has(id));
    if (!same) this.#lacks.set(key, { heads: new Set(heads), since: this.#here.time(), merges });
    if (same && this.#here.time() - before.since >= wait) {
      this.#lacks.set(key, { heads: new Set(), since: this.#here.time(), merges: merges + 1 });
      this.#here.ledger.reached('FED-64');
      await this.#now(roomId);
    } else {
      this.#timer(`compare ${roomId}`, wait, () => this.#compareAgain(roomId));
    }
  }

  /** FED-65 */
  ends(roomId: string, heads: readonly string[], servers: readonly string[]): void {
    if (heads.length <= MAX_ENDS) return;
    const hash = (name: string): string => Buffer.from(blake3(utf8Encode(`${name}\n${heads.join('\n')}`))).toString('hex');
    const order = [...new Set([this.#here.name, ...servers])].sort((a, b) => utf8Compare(hash(a), hash(b)));
    this.#timer(`ends ${roomId}`, BURST + TURN * order.indexOf(this.#here.name), async () => {
      const room = await this.#here.store.rooms.open(roomId);
      if ((room?.extremities.length ?? 0) <= MAX_ENDS) return;
      this.#here.ledger.reached('FED-65');
      await this.#now(roomId);
    });
  }

  async #now(roomId: string): Promise<void> {
    const last = this.#last.get(roomId) ?? -Infinity;
    if (this.#here.time() - last < TURN) return;
    this.#last.set(roomId, this.#here.time());
    await this.#merge(roomId);
  }

  #timer(key: string, ms: number, run: () => unknown): void {
    if (this.#timers.has(key)) return;
    this.#timers.set(
      key,
      this.#here.timer(ms, () => {
        this.#timers.delete(key);
        return run();
      }),
    );
  }
}
