/** The queue in front of some costly work is full. */
export class QueueFullError extends Error {
  constructor(waiting: number) {
    super(`${waiting} pieces of work wait already`);
    this.name = 'QueueFullError';
  }
}

/** Runs at most `running` pieces of work at a time, in order of arrival; refuses what comes when `waiting` already wait. */
export class BoundedWork {
  readonly #running: number;
  readonly #waiting: number;
  readonly #queue: (() => void)[] = [];
  #active = 0;

  constructor(running: number, waiting: number) {
    this.#running = running;
    this.#waiting = waiting;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#active -= 1;
      else next();
    }
  }

  /** Whoever ends hands the turn to the next in line, so `#active` is not touched in between. */
  async #turn(): Promise<void> {
    if (this.#active < this.#running) {
      this.#active += 1;
      return;
    }
    if (this.#queue.length >= this.#waiting) throw new QueueFullError(this.#queue.length);
    await new Promise<void>((resolve) => {
      this.#queue.push(resolve);
    });
  }
}
