/** The least milliseconds that `work` took, over at least `runs` runs and `forMs` milliseconds; `prepare` comes before each and is not counted. */
export function bestOf(runs: number, forMs: number, prepare: () => void, work: () => void): number {
  let best = Infinity;
  const end = performance.now() + forMs;
  for (let run = 0; run < runs || performance.now() < end; run++) {
    prepare();
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
