// `npm run enumerate`: installs and compiles what is missing or has changed, then runs federation-tests/src/bin/enumerate.ts with the arguments given.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => runChild(prepare(), [join(root, 'federation-tests', 'dist', 'bin', 'enumerate.js'), ...process.argv.slice(2)]));
