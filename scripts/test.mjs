// `npm test [-- <package or part of a path>… --grep <text>]`: installs and compiles what is missing, then runs the tests.
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { SetupError, root, runScript, say } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

await runScript(async () => {
  let node;
  try {
    node = prepare();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`openguild: ${error.message}`);
    console.log('0 passed, 0 failed');
    return 1;
  }
  return runChild(node, [join(root, 'scripts', 'lib', 'run-tests.mjs'), ...process.argv.slice(2)], { cwd: root });
});
