import type { SignatureCheck } from '@openguild/core';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packChecks } from './packed-checks.ts';

/** Checks that a thread gets at a time, at most: large enough that passing them costs little, small enough that the other threads get some. */
const BATCH = 32;
/** So many fail before they have verified anything: then threads do not work here at all. */
const MAX_FALSE_STARTS = 3;

/** Asked for one verdict. */
interface Asked {
  readonly check: SignatureCheck;
  readonly answer: (valid: boolean) => void;
  readonly fail: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** What it works on. */
  batch: readonly Asked[];
}

/**
 * Threads that verify signatures, each with the fastest backend that is present: a `verify` of a `RoomRunner` whose verdicts are computed beside the
 * loop. What is asked while all threads are at work goes to the next free one, as much as it takes at a time.
 *
 * A thread that fails is replaced, and what it was working on is asked again, once: a check on which a thread dies every time fails, and no other.
 */
export class VerifierPool {
  /** One verdict for each check, in order. */
  readonly verify = (checks: readonly SignatureCheck[]): Promise<boolean[]> => this.#verify(checks);
  readonly #size: number;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Asked[] = [];
  /** What a thread died of already: asked one by one. */
  readonly #suspects: Asked[] = [];
  readonly #suspected = new WeakSet<Asked>();
  #falseStarts = 0;
  #closed = false;

  readonly #code: URL;

  /** `threads`: at least 1; as many as the machine has processors, but one for the loop, is a good number. `code`: what they run. */
  constructor(threads: number, code = new URL(`./verify-worker${extname(import.meta.filename)}`, import.meta.url)) {
    if (!Number.isInteger(threads) || threads < 1) throw new RangeError('a pool has at least one thread');
    this.#size = threads;
    this.#code = code;
    for (let i = 0; i < threads; i++) this.#start();
  }

  /** Ends the threads. What was not answered fails. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    const open = [...threads.flatMap(({ batch }) => batch), ...this.#waiting.splice(0), ...this.#suspects.splice(0)];
    for (const { fail } of open) fail(new Error('the pool of verifying threads is closed'));
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #verify(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    if (this.#closed) return Promise.reject(new Error('the pool of verifying threads is closed'));
    const answers = checks.map(
      (check) =>
        new Promise<boolean>((answer, fail) => {
          this.#waiting.push({ check, answer, fail });
        }),
    );
    this.#dispatch();
    return Promise.all(answers);
  }

  #start(): void {
    const worker = new Worker(this.#code);
    const thread: Thread = { worker, batch: [] };
    // Its first word is the name of its backend.
    worker.once('message', () => {
      this.#falseStarts = 0;
      worker.on('message', (verdicts: Uint8Array) => this.#answered(thread, verdicts));
      // A program that has nothing else to do may end; a batch under way keeps it.
      worker.unref();
      this.#threads.add(thread);
      this.#dispatch();
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.once('exit', (code) => this.#failed(thread, cause ?? new Error(`it ended with code ${code}`)));
  }

  #answered(thread: Thread, verdicts: Uint8Array): void {
    const { batch } = thread;
    thread.batch = [];
    thread.worker.unref();
    for (const [i, asked] of batch.entries()) asked.answer(verdicts[i] === 1);
    this.#dispatch();
  }

  #failed(thread: Thread, error: unknown): void {
    if (this.#closed) return;
    if (!this.#threads.delete(thread)) this.#falseStarts += 1;
    for (const asked of thread.batch) {
      if (this.#suspected.has(asked)) {
        asked.fail(new Error('a verifying thread failed over a signature', { cause: error }));
      } else {
        this.#suspected.add(asked);
        this.#suspects.push(asked);
      }
    }
    if (this.#falseStarts < MAX_FALSE_STARTS) this.#start();
    else if (this.#threads.size === 0) {
      const cause = new Error('verifying threads do not start here', { cause: error });
      for (const { fail } of [...this.#waiting.splice(0), ...this.#suspects.splice(0)]) fail(cause);
      void this.close();
    }
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.batch.length > 0) continue;
      const share = Math.min(BATCH, Math.ceil(this.#waiting.length / this.#size));
      const batch = this.#suspects.length > 0 ? this.#suspects.splice(0, 1) : this.#waiting.splice(0, share);
      if (batch.length === 0) return;
      thread.batch = batch;
      thread.worker.ref();
      const packed = packChecks(batch.map(({ check }) => check));
      thread.worker.postMessage(packed, [packed.buffer]);
    }
  }
}
