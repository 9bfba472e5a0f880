import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { readImports } from './read-imports.mjs';
import { walkFiles } from './walk-files.mjs';

const SCOPE = '@openguild/';

/** What the sources of each package may import of the others: `state-resolution <- core <- storage <- host`, spec beside. */
const MAY_IMPORT = {
  'state-resolution': [],
  core: ['state-resolution'],
  spec: [],
  storage: ['state-resolution', 'core', 'spec'],
  host: ['state-resolution', 'core', 'spec', 'storage'],
  'federation-tests': ['state-resolution', 'core', 'spec', 'storage', 'host'],
  demo: ['state-resolution', 'core', 'spec', 'storage', 'host'],
  examples: ['state-resolution', 'core'],
};

/** Tests may also read the vectors and schemas, and nothing else that their package may not. */
const TESTS_MAY_IMPORT = ['spec'];

/** Every fault in how the files under `root` import each other, as lines `file:line: what is wrong`, and one per cycle. */
export function importFaults(root) {
  const faults = [];
  for (const name of Object.keys(MAY_IMPORT)) {
    const folder = join(root, name);
    const files = walkFiles(folder, (path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
    const graph = new Map();
    for (const file of files) {
      const targets = [];
      for (const { specifier, line, typeOnly } of readImports(readFileSync(file, 'utf8'))) {
        const { fault, target } = judge(root, name, file, specifier);
        if (fault !== undefined) faults.push(`${relative(root, file)}:${line}: ${fault}`);
        if (target !== undefined && !typeOnly) targets.push(target);
      }
      graph.set(file, targets);
    }
    for (const cycle of cyclesOf(graph)) faults.push(`cycle: ${cycle.map((file) => relative(root, file)).join(' -> ')}`);
  }
  return faults;
}

function judge(root, name, file, specifier) {
  if (specifier.startsWith('.')) return judgeRelative(root, name, file, specifier);
  if (!specifier.startsWith(SCOPE)) return {};
  const target = specifier.slice(SCOPE.length).split('/')[0];
  if (target === name && inSources(root, name, file)) return { fault: `${specifier}: a package imports its own files by relative path` };
  const allowed = inSources(root, name, file) ? MAY_IMPORT[name] : [...MAY_IMPORT[name], ...TESTS_MAY_IMPORT, name];
  if (!allowed.includes(target)) return { fault: `${specifier}: ${name} may not import ${target}` };
  const entry = `.${specifier.slice(SCOPE.length + target.length)}`;
  if (!(entry in exportsOf(root, target))) return { fault: `${specifier}: not an entry point in ${target}/package.json` };
  return {};
}

function judgeRelative(root, name, file, specifier) {
  const target = resolve(dirname(file), specifier);
  // What benchmarks measure by, and how they tell it, is the same in all packages.
  if (target.startsWith(join(root, 'scripts', 'lib') + sep) && file.startsWith(join(root, name, 'bench') + sep)) return {};
  if (!target.startsWith(join(root, name) + sep)) return { fault: `${specifier}: leaves the package; import ${SCOPE}… instead` };
  if (inSources(root, name, file) && !inSources(root, name, target)) return { fault: `${specifier}: sources import sources only` };
  if (!existsSync(target)) return { fault: `${specifier}: no such file (relative imports name the .ts file)` };
  return { target };
}

function inSources(root, name, file) {
  return file.startsWith(join(root, name, 'src') + sep);
}

function exportsOf(root, name) {
  return JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8')).exports ?? {};
}

/** Files that load each other in a circle (imports of types alone are no part of it): one circle for each file at which a search comes back to its own path. */
export function cyclesOf(graph) {
  const cycles = [];
  const done = new Set();
  const path = [];
  const visit = (file) => {
    const at = path.indexOf(file);
    if (at !== -1) {
      cycles.push([...path.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}
