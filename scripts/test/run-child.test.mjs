import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { root } from '../lib/project.mjs';

/** Says `up`, and ends with `code` on a first signal of either kind; a second one of the same kind kills it. */
const POLITE = `
  const alive = setInterval(() => {}, 1000);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { clearInterval(alive); setTimeout(() => process.exit(Number(process.argv[1])), 200); });
  console.log('up');`;

/** A process that runs `POLITE` by runChild, ready to be signalled; `ended` is its exit code. */
async function launch(code) {
  const module = pathToFileURL(join(root, 'scripts', 'lib', 'run-child.mjs')).href;
  const script = `import { runChild } from ${JSON.stringify(module)};
    process.exitCode = await runChild(process.execPath, ['-e', ${JSON.stringify(POLITE)}, '${code}']);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const ended = once(parent, 'exit').then(([exitCode, signal]) => signal ?? exitCode);
  await once(parent.stdout, 'data');
  return { parent, ended };
}

describe('runChild', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    it(`hands on ${signal} and ends with the child's code`, async () => {
      const { parent, ended } = await launch(0);
      parent.kill(signal);
      expect(await ended).to.equal(0);
    });
  }

  it('lets the child end by itself when everything in the terminal is signalled, and when the signal is repeated', async () => {
    const { parent, ended } = await launch(7);
    process.kill(-(parent.pid ?? 0), 'SIGINT');
    parent.kill('SIGINT');
    expect(await ended).to.equal(7);
  });
});
