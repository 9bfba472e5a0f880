import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SetupError, say } from './project.mjs';

/** Runs `npm ci` in `root` if what is installed there is not what the lock file asks for. */
export function ensureInstalled(root) {
  const reason = whyInstall(root);
  if (reason === undefined) return;
  if (process.platform === 'win32' && process.execPath.startsWith(join(root, 'node_modules') + sep)) {
    // Windows cannot replace a program that runs, and this one would be replaced.
    throw new SetupError(`${reason}. Run \`npm ci\`, then this command again.`);
  }
  say(`openguild: ${reason}; running npm ci (once, about half a minute)`);
  const [command, ...first] = npmCommand();
  const shell = process.platform === 'win32' && first.length === 0;
  const run = spawnSync(command, [...first, 'ci', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2], shell });
  if (run.error !== undefined)
    throw new SetupError(`npm could not be started (${run.error.message}). Install Node.js 18 or newer with npm.`);
  if (run.status !== 0) throw new SetupError('npm ci failed (see above). It needs a package registry that can be reached.');
}

/** Why an install is due, in words; undefined if everything locked is there. */
export function whyInstall(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (wanted === undefined) throw new SetupError(`${join(root, 'package-lock.json')} is missing or unreadable.`);
  // npm writes this file last, so it also tells that an install was not interrupted.
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'dependencies are not installed';
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const there = installed[path];
    if (there === undefined && (entry.optional === true || entry.peer === true)) continue;
    if (there === undefined) return `${path} is not installed`;
    if (there.version !== entry.version || there.integrity !== entry.integrity)
      return `${path} is not the version that package-lock.json names`;
  }
  return undefined;
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The npm that started this script, run by the Node that runs it; else the one on the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.[cm]?js$/.test(script)) return [process.env.npm_node_execpath ?? process.execPath, script];
  return ['npm'];
}
