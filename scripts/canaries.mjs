// `npm run canaries`: installs and compiles what is missing or has changed, then runs federation-tests/src/bin/canaries.ts with the arguments given.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => runChild(prepare(), [join(root, 'federation-tests', 'dist', 'bin', 'canaries.js'), ...process.argv.slice(2)]));
