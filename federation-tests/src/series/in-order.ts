/** How a series goes on. */
export interface Series<R, T> {
  /** What is to be done next, by whichever runner is free; null: nothing more. */
  readonly next: () => ((runner: R) => Promise<T>) | null;
  /** What came of it; called in the order of `next`, one after the other. False: the series ends here, and what came of later works is dropped. */
  readonly take: (result: T) => Promise<boolean>;
  /** Whether its runner does nothing else before it is taken. */
  readonly holds: (result: T) => boolean;
}

/** Runs works side by side, one on each runner, and takes what comes of them as if they had run one after another. Rejects with the first that fails. */
export async function inOrder<R, T>(runners: readonly R[], { next, take, holds }: Series<R, T>): Promise<void> {
  let ended = false;
  const end = Promise.withResolvers<void>();
  let last = Promise.resolve();
  const takeIfWanted = async (result: T): Promise<void> => {
    if (ended || (await take(result))) return;
    ended = true;
    end.resolve();
  };
  const work = async (runner: R): Promise<void> => {
    for (let run = next(); run !== null; run = ended ? null : next()) {
      const before = last;
      const taken = Promise.withResolvers<void>();
      last = taken.promise;
      const result = await run(runner);
      before.then(() => takeIfWanted(result)).then(taken.resolve, taken.reject);
      if (holds(result)) await taken.promise;
    }
  };
  await Promise.race([Promise.all(runners.map(work)).then(() => last), end.promise]);
}
