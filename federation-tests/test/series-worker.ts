import { serveThread } from '../src/series/runner.ts';

/** A history that takes so long, finds something, or ends its thread. */
export interface Task {
  readonly number: number;
  readonly ms: number;
  readonly finds?: boolean;
  readonly ends?: 'throws' | 'exits';
}

serveThread((name: string, say) => {
  let last = -1;
  return {
    run: async ({ number, ms, finds = false, ends }: Task) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (ends === 'throws') throw new RangeError(`${name} ${number} breaks down`);
      if (ends === 'exits') process.exit(5);
      last = number;
      return { number, finds };
    },
    keep: async () => {
      say(`kept ${last}`);
      return last;
    },
  };
});
