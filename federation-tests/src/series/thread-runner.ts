import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Asked, Runner, Said } from './runner.ts';

/** Each has a heap of its own, of some 200 MB. */
const MOST_THREADS = 16;

/** As many as there are processors, in reason. */
export function usualThreads(): number {
  return Math.min(availableParallelism(), MOST_THREADS);
}

/** What runs on threads, or, if there is to be one only, here. */
export interface Threads<Task, Ran, Kept> {
  /** Calls `serveThread`, and is given `data` (structured clone). */
  readonly code: URL;
  readonly data: unknown;
  readonly say: (line: string) => void;
  readonly local: () => Runner<Task, Ran, Kept>;
}

/** Lets work have so many runners, and ends their threads. */
export async function withThreads<Task, Ran, Kept>(
  count: number,
  { code, data, say, local }: Threads<Task, Ran, Kept>,
  work: (runners: readonly Runner<Task, Ran, Kept>[]) => Promise<void>,
): Promise<void> {
  if (count === 1) return work([local()]);
  const threads = Array.from({ length: count }, () => new ThreadRunner<Task, Ran, Kept>(code, data, say));
  try {
    await work(threads);
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** A runner on a thread of its own, which begins like this process (`--import`). A thread that ends by itself is an error of whoever asks it, or waits for it. */
class ThreadRunner<Task, Ran, Kept> implements Runner<Task, Ran, Kept> {
  readonly #worker: Worker;
  readonly #say: (line: string) => void;
  #waiting: PromiseWithResolvers<Ran | Kept> | null = null;
  #failure: Error | null = null;

  constructor(code: URL, data: unknown, say: (line: string) => void) {
    this.#say = say;
    this.#worker = new Worker(code, { workerData: data });
    this.#worker.on('message', (said: Said<Ran | Kept>) => this.#heard(said));
    this.#worker.on('error', (error) => this.#failed(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => this.#failed(new Error(`a thread of the series ended with code ${code}`)));
  }

  run(task: Task): Promise<Ran> {
    return this.#ask({ task }) as Promise<Ran>;
  }

  keep(): Promise<Kept> {
    return this.#ask({ task: null }) as Promise<Kept>;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(asked: Asked<Task>): Promise<Ran | Kept> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#waiting = Promise.withResolvers();
    this.#worker.postMessage(asked);
    return this.#waiting.promise;
  }

  #heard(said: Said<Ran | Kept>): void {
    if ('line' in said) this.#say(said.line);
    else this.#waiting?.resolve(said.answer);
  }

  #failed(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
  }
}
