import type { Store, StreamRow } from '@openguild/storage';
import type { CancelTimer, Platform } from '../platform/platform.ts';

/** Something that is worked out from the stream, row by row, and kept. Doing a row again must change nothing. */
export interface Projection {
  /** Rows that follow each other, oldest first. */
  apply(rows: readonly StreamRow[]): Promise<void>;
}

const SPACE = 'stream';
const CURSOR = 'projected';
const BATCH = 200;
const RETRY_MS = 1_000;
/** A request does not wait longer than this for the stream. */
const SETTLE_MS = 5_000;
/** The cursor is written after this many rows, or after this time: rows after it are done again after a crash, which changes nothing. */
const SAVE_ROWS = 64;
const SAVE_MS = 1_000;

/**
 * The stream of everything that enters a room's history here, as clients may see it: up to a position that all projections have reached.
 * Long polls and gateway connections wait on it. The cursor is stored, so that after a crash nothing is skipped.
 */
export class EventStream {
  readonly #store: Store;
  readonly #projections: readonly Projection[];
  readonly #keysOf: (row: StreamRow) => Promise<readonly string[]>;
  readonly #platform: Platform;
  readonly #waiters = new Map<string, Set<() => void>>();
  #position = 0;
  #saved = 0;
  #cancelSave: CancelTimer | undefined;
  #pumping: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #reached = Promise.withResolvers<void>();

  /** `keysOf`: under which keys waiters of a row are found (the room's authority; people the row is about). */
  constructor(
    store: Store,
    projections: readonly Projection[],
    keysOf: (row: StreamRow) => Promise<readonly string[]>,
    platform: Platform,
  ) {
    this.#store = store;
    this.#projections = projections;
    this.#keysOf = keysOf;
    this.#platform = platform;
  }

  /** How far clients may read. */
  get position(): number {
    return this.#position;
  }

  /** Goes on where the last run stopped. */
  async start(): Promise<void> {
    const cursor = await this.#store.values.get(SPACE, CURSOR);
    this.#position = typeof cursor?.['position'] === 'number' ? cursor['position'] : 0;
    this.#saved = this.#position;
    await this.#pump();
  }

  /** Something was committed. */
  committed(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#pumping ??= this.#pump()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#pumping = undefined;
        if (this.#again) this.committed();
      });
  }

  /** Resolves once clients can read up to this position; should that not happen soon, resolves all the same: what was committed is durable. */
  async settled(position: number): Promise<void> {
    if (this.#position >= position) return;
    const late = Promise.withResolvers<boolean>();
    const cancel = this.#platform.setTimer(SETTLE_MS, () => late.resolve(true));
    let isLate = false;
    while (this.#position < position && !this.#stopped && !isLate) {
      this.committed();
      isLate = await Promise.race([this.#reached.promise.then(() => false), late.promise]);
    }
    cancel();
  }

  /** Resolves when a row under one of these keys came after `after`, when `wake` names one of them, or when the signal aborts. */
  async wait(keys: Iterable<string>, after: number, signal: AbortSignal): Promise<void> {
    if (this.#position > after || signal.aborted || this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const mine = [...keys];
    for (const key of mine) this.#waitersOf(key).add(resolve);
    const aborted = (): void => resolve();
    signal.addEventListener('abort', aborted);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', aborted);
      for (const key of mine) this.#forget(key, resolve);
    }
  }

  /** Wakes whoever waits under this key although no row came (a pending invitation). */
  wake(key: string): void {
    for (const resolve of this.#waiters.get(key) ?? []) resolve();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    await this.#pumping;
    await this.#save();
    this.#reached.resolve();
    for (const key of [...this.#waiters.keys()]) this.wake(key);
  }

  async #pump(): Promise<void> {
    this.#again = false;
    for (;;) {
      const rows = await this.#store.rooms.stream(this.#position, BATCH);
      const last = rows.at(-1);
      if (last === undefined) return this.#saveLater();
      for (const projection of this.#projections) await projection.apply(rows);
      this.#position = last.position;
      if (this.#position - this.#saved >= SAVE_ROWS) await this.#save();
      this.#reached.resolve();
      this.#reached = Promise.withResolvers<void>();
      const keys = new Set<string>();
      for (const row of rows) for (const key of await this.#keysOf(row)) keys.add(key);
      for (const key of keys) this.wake(key);
    }
  }

  async #save(): Promise<void> {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    const position = this.#position;
    if (position === this.#saved) return;
    await this.#store.values.set(SPACE, CURSOR, { position });
    this.#saved = position;
  }

  #saveLater(): void {
    if (this.#position === this.#saved || this.#stopped) return;
    this.#cancelSave ??= this.#platform.setTimer(SAVE_MS, () => {
      this.#save().catch((error: unknown) => this.#failed(error));
    });
  }

  #failed(error: unknown): void {
    this.#platform.logger.error({ err: error }, 'the event stream cannot go on; it is tried again');
    this.#platform.setTimer(RETRY_MS, () => this.committed());
  }

  #waitersOf(key: string): Set<() => void> {
    const known = this.#waiters.get(key);
    if (known !== undefined) return known;
    const made = new Set<() => void>();
    this.#waiters.set(key, made);
    return made;
  }

  #forget(key: string, resolve: () => void): void {
    const waiters = this.#waiters.get(key);
    waiters?.delete(resolve);
    if (waiters?.size === 0) this.#waiters.delete(key);
  }
}
