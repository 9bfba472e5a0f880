// `npm run demo [-- --fast --keep]`: installs and compiles what is missing or has changed, then runs the demo.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => runChild(prepare(), [join(root, 'demo', 'demo.ts'), ...process.argv.slice(2)]));
