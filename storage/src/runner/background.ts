/** Work that nobody waits for, but whose errors and whose end matter. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  start(work: () => Promise<unknown>): void {
    const running = work()
      .catch(this.#onError)
      .then(() => void this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once nothing runs, including what was started meanwhile. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
