// `npm start`: installs and compiles what is missing or has changed, then runs the host. Arguments go to `openguild start`.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => {
  const node = prepare();
  return runChild(node, [join(root, 'host', 'dist', 'bin', 'openguild.js'), 'start', ...process.argv.slice(2)]);
});
