// `npm run crash [-- --runs N --seed S]`: installs and compiles what is missing, then kills writing processes and looks at what they leave.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => runChild(prepare(), [join(root, 'storage', 'test', 'crash', 'crash.ts'), ...process.argv.slice(2)]));
