// `npm run suites -- --adapter COMMAND`: property suites against any engine, by a program that answers JSON lines (federation-tests/ADAPTERS.md).
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => runChild(prepare(), [join(root, 'federation-tests', 'dist', 'bin', 'suites.js'), ...process.argv.slice(2)]));
