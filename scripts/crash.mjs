// `npm run crash`: installs and compiles what is missing, then kills writing processes and looks at what they leave.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => {
  const node = prepare();
  const { commandLine, whole } = await import('@openguild/federation-tests/command-line');
  const options = commandLine({
    name: 'crash',
    description: 'Kills processes that write to a store, in the middle of it, and looks whether all that they acknowledged is there.',
    examples: [['--runs 200 --seed 7', 'two hundred kills, the same ones every time']],
    exitCodes: { 0: 'nothing was found', 1: 'something was; the seed is printed' },
  })
    .option('--runs <n>', 'how many kills (default: until something is found)', whole(1))
    .option('--seed <n>', 'of the first 25 runs; the next ones have the next seed (default: drawn and printed)', whole(0))
    .option('--place <place>', 'an empty folder (SQLite), or the URL of a Postgres database (default: a new folder for every 25 runs)')
    .parse()
    .opts();
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return runChild(node, [join(root, 'storage', 'test', 'crash', 'crash.ts'), ...words]);
});
