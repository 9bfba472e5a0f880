// `npm run vectors -- FILE... [--every N]`: judges histories with the whole receipt pipeline. Files are those of spec/native and spec/matrix, or others of the same formats.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => runChild(prepare(), [join(root, 'federation-tests', 'dist', 'bin', 'vectors.js'), ...process.argv.slice(2)]));
