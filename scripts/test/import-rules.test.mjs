import { expect } from 'chai';
import { importFaults } from '../lib/import-rules.mjs';
import { root } from '../lib/project.mjs';
import { readImports } from '../lib/read-imports.mjs';
import { withTree } from './temporary-tree.mjs';

const ENTRY = JSON.stringify({ exports: { '.': './dist/index.js' } });
const PACKAGES = Object.fromEntries(['state-resolution', 'core', 'spec', 'storage', 'host'].map((name) => [`${name}/package.json`, ENTRY]));

const faultsOf = (files) => withTree({ ...PACKAGES, ...files }, importFaults);

describe('check-imports', () => {
  it('finds nothing to say about this repository', () => {
    expect(importFaults(root)).to.deep.equal([]);
  });

  it('allows imports in the direction of the layers', () => {
    expect(
      faultsOf({ 'host/src/a.ts': "import { Room } from '@openguild/core';\nimport './b.ts';\n", 'host/src/b.ts': 'export {};\n' }),
    ).to.deep.equal([]);
  });

  for (const [what, path, text, expected] of [
    [
      'an import upwards',
      'core/src/a.ts',
      "import { x } from '@openguild/storage';",
      'core/src/a.ts:1: @openguild/storage: core may not import storage',
    ],
    [
      'an export upwards',
      'storage/src/a.ts',
      "\nexport { x } from '@openguild/host';",
      'storage/src/a.ts:2: @openguild/host: storage may not import host',
    ],
    ['spec in core', 'core/src/a.ts', "import '@openguild/spec';", 'core/src/a.ts:1: @openguild/spec: core may not import spec'],
    [
      'a type through a deep path',
      'host/src/a.ts',
      "import type {\n  Room,\n} from '@openguild/core/src/room/room.ts';",
      'host/src/a.ts:3: @openguild/core/src/room/room.ts: not an entry point in core/package.json',
    ],
    [
      'a dynamic import of another package',
      'core/src/a.ts',
      "const x = import('@openguild/host');",
      'core/src/a.ts:1: @openguild/host: core may not import host',
    ],
    [
      'a path out of the package',
      'host/src/a.ts',
      "import '../../core/src/b.ts';",
      'host/src/a.ts:1: ../../core/src/b.ts: leaves the package; import @openguild/… instead',
    ],
    [
      'what benchmarks share, in the sources',
      'host/src/a.ts',
      "import '../../scripts/lib/report.ts';",
      'host/src/a.ts:1: ../../scripts/lib/report.ts: leaves the package; import @openguild/… instead',
    ],
    ['a test in the sources', 'core/src/a.ts', "import '../test/b.ts';", 'core/src/a.ts:1: ../test/b.ts: sources import sources only'],
    [
      'a file that is not there',
      'core/src/a.ts',
      "import './b.js';",
      'core/src/a.ts:1: ./b.js: no such file (relative imports name the .ts file)',
    ],
    [
      'itself by its package name',
      'core/src/a.ts',
      "import '@openguild/core';",
      'core/src/a.ts:1: @openguild/core: a package imports its own files by relative path',
    ],
  ]) {
    it(`reports ${what}`, () => {
      expect(faultsOf({ [path]: text })).to.deep.equal([expected]);
    });
  }

  it('lets tests use the vectors and their own package', () => {
    expect(faultsOf({ 'core/test/a.test.ts': "import '@openguild/spec';\nimport '@openguild/core';\n" })).to.deep.equal([]);
  });

  it('reports a circle of files, but not one of types alone', () => {
    const circle = { 'core/src/a.ts': "import { b } from './b.ts';", 'core/src/b.ts': "import { c } from './c.ts';" };
    expect(faultsOf({ ...circle, 'core/src/c.ts': "export { a } from './a.ts';" })).to.deep.equal([
      'cycle: core/src/a.ts -> core/src/b.ts -> core/src/c.ts -> core/src/a.ts',
    ]);
    expect(faultsOf({ ...circle, 'core/src/c.ts': "import type { A } from './a.ts';" })).to.deep.equal([]);
  });

  it('reads no imports out of comments', () => {
    expect(
      readImports("// import './a.ts';\n/* import './b.ts'; */\nimport './c.ts'; // 'x'\nconst url = 'http://x';\nimport './d.ts';"),
    ).to.deep.equal([
      { specifier: './c.ts', line: 3, typeOnly: false },
      { specifier: './d.ts', line: 5, typeOnly: false },
    ]);
  });
});
