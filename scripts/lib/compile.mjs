import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError, packages, say } from './project.mjs';
import { walkFiles } from './walk-files.mjs';

/** Runs `tsc -b` if a source or a compiler setting changed since the last build that succeeded; else starts nothing. */
export function ensureBuilt(root, node) {
  const stampPath = join(root, '.build', 'sources.sha256');
  const stamp = stampOfSources(root);
  const compiled = packages.every((name) => existsSync(join(root, name, 'dist', '.tsbuildinfo')));
  if (compiled && stamp === readIfThere(stampPath)) return;
  say(`openguild: ${compiled ? 'sources changed' : 'not compiled yet'}; compiling`);
  const run = spawnSync(node, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.status !== 0) throw new SetupError('compiling failed (see above).');
  mkdirSync(dirname(stampPath), { recursive: true });
  // The stamp from before the build: a file saved while it ran is compiled next time.
  writeFileSync(stampPath, stamp);
}

/** Hash over path, size and modification time of everything that `tsc -b` reads from this repository. */
export function stampOfSources(root) {
  const hash = createHash('sha256');
  const settings = [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.base.json',
    ...packages.flatMap((name) => [`${name}/tsconfig.json`, `${name}/package.json`]),
  ];
  const sources = packages.flatMap((name) => walkFiles(join(root, name, 'src'), (path) => path.endsWith('.ts')));
  for (const path of [...settings.map((name) => join(root, name)), ...sources]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
