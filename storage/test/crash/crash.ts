// The program behind `npm run crash`, which checks its options: see crash-runs.ts.
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../temporary-folder.ts';
import { crashRuns } from './crash-runs.ts';

/** Runs on one place, before a new one is taken. */
const RUNS_PER_PLACE = 25;

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' }, place: { type: 'string' } } });
const runs = Number(values.runs ?? Infinity);
const first = Number(values.seed ?? Date.now() % 1_000_000);
if (!(runs > 0) || !Number.isInteger(first)) throw new Error('usage: npm run crash -- [--runs N] [--seed S] [--place PLACE]');

let done = 0;
for (let seed = first; done < runs; seed++) {
  const folder = values.place === undefined ? await temporaryFolder() : undefined;
  const some = Math.min(RUNS_PER_PLACE, runs - done);
  console.log(`seed ${seed}: ${some} runs`);
  try {
    await crashRuns(values.place ?? folder?.path ?? '', some, seed, { progress: (line) => console.log(line) });
    if (folder !== undefined) await rm(folder.path, { recursive: true });
  } catch (error) {
    console.error(error);
    console.error(`seed ${seed} found something; what is left is in ${values.place ?? folder?.path}`);
    console.error(`replay: npm run crash -- --runs ${some} --seed ${seed}`);
    process.exit(1);
  }
  done += some;
}
console.log(`${done} runs, nothing found`);
