// `npm run playground`: builds the playground into one page and serves it on the loopback address; `-- --out FILE` only writes it.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () =>
  runChild(prepare(), [join(root, 'federation-tests', 'dist', 'bin', 'playground.js'), ...process.argv.slice(2)]),
);
