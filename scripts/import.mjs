// `npm run import -- FILE`: makes a history that `npm run replay` reads of the PDUs of a Matrix room.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => runChild(prepare(), [join(root, 'federation-tests', 'dist', 'bin', 'import.js'), ...process.argv.slice(2)]));
