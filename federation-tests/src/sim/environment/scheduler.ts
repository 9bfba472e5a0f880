import { setImmediate as nextTurn } from 'node:timers/promises';

/** Steps after which the event loop gets a turn, so that signals and timers of the process are heard. */
const TURN_EVERY = 2_000;

interface Task {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

/** More happens than can be right: something goes round in a circle. */
export class LivelockError extends Error {
  override readonly name = 'LivelockError';
}

/**
 * Virtual time. Everything that happens in a run is a task of this queue or a microtask that one started: after each task all microtasks are
 * drained before the next, so the order is fixed by (time, order of scheduling) alone.
 */
export class Scheduler {
  /** Milliseconds since 1970. */
  now: number;
  steps = 0;
  /** The number of the last step that may be made. */
  lastStep = Infinity;
  readonly #heap: Task[] = [];
  #order = 0;
  #waiting = 0;
  #drained = 0;

  constructor(start: number) {
    this.now = start;
  }

  /** Tasks that will still run. */
  get size(): number {
    return this.#waiting;
  }

  /** Runs `run` after so many milliseconds (at least 0); the returned function takes it back. */
  after(ms: number, run: () => void): () => void {
    const task: Task = { at: this.now + Math.max(0, Math.ceil(ms)), order: this.#order++, run };
    this.#push(task);
    this.#waiting += 1;
    return () => {
      if (task.run === null) return;
      task.run = null;
      this.#waiting -= 1;
    };
  }

  /** Runs one task and everything it leads to without time passing. False if there was none before `until`. Throws LivelockError beyond the last step. */
  async step(until = Infinity): Promise<boolean> {
    let task = this.#heap[0];
    while (task !== undefined && task.run === null) {
      this.#pop();
      task = this.#heap[0];
    }
    if (task === undefined || task.at > until) return false;
    if (this.steps >= this.lastStep) throw new LivelockError(`more than ${this.lastStep} steps`);
    this.#pop();
    this.#waiting -= 1;
    this.steps += 1;
    this.now = Math.max(this.now, task.at);
    const { run } = task;
    task.run = null;
    run?.();
    await this.drain();
    return true;
  }

  /** Runs until this time, which it then is. */
  async runUntil(time: number): Promise<void> {
    const end = Math.ceil(time);
    while (await this.step(end));
    this.now = Math.max(this.now, end);
  }

  /** Lets everything happen that needs no time. */
  async drain(): Promise<void> {
    if (++this.#drained % TURN_EVERY === 0) await nextTurn();
    // Asked for within a microtask, the next tick comes when no microtask is left.
    await Promise.resolve();
    await new Promise<void>(onNextTick);
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let i = heap.push(task) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(task, heap[up] as Task)) break;
      heap[i] = heap[up] as Task;
      i = up;
    }
    heap[i] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      if (!before(heap[child] as Task, last)) break;
      heap[i] = heap[child] as Task;
      i = child;
    }
    heap[i] = last;
  }
}

function onNextTick(resolve: () => void): void {
  process.nextTick(resolve);
}

function before(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
