import type { RunnerLimits } from '@openguild/storage';
import type { Random } from '../environment/random.ts';

/** Bounds of a program, often so low that it forgets what it will need again, judges what was ahead page by page and puts off what replays more than a few events. */
export function drawLimits(random: Random): Partial<RunnerLimits> {
  return {
    openRooms: random.pick([1, 3, 500]),
    prefetch: random.pick([1, 20, 1_000]),
    verdicts: random.pick([1, 20_000]),
    rejudged: random.pick([1, 1_000]),
    replayed: random.pick([3, 1_000]),
    // What is put off is dropped only where very much waits.
    putOffPerOrigin: 10_000,
    putOffTotal: 10_000,
  };
}
