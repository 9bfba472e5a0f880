import { parentPort, workerData } from 'node:worker_threads';

/** Runs histories of one kind, one at a time. */
export interface Runner<Task, Ran, Kept> {
  run(task: Task): Promise<Ran>;
  /** Keeps what the last run found. */
  keep(): Promise<Kept>;
}

/** What a thread is asked: null means `keep`. */
export interface Asked<Task> {
  readonly task: Task | null;
}

/** What a thread says: a line for whoever looks on, or the answer. */
export type Said<Answer> = { readonly line: string } | { readonly answer: Answer };

/** The other side of `ThreadRunner`: whatever throws ends the thread, and is told there. */
export function serveThread<Data, Task, Ran, Kept>(make: (data: Data, say: (line: string) => void) => Runner<Task, Ran, Kept>): void {
  const say = (said: Said<Ran | Kept>): void => parentPort?.postMessage(said);
  const runner = make(workerData as Data, (line) => say({ line }));
  const answer = async ({ task }: Asked<Task>): Promise<void> => say({ answer: await (task === null ? runner.keep() : runner.run(task)) });
  parentPort?.on('message', (asked: Asked<Task>) => void answer(asked));
}
