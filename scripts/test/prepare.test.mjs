import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stampOfSources } from '../lib/compile.mjs';
import { findNode, NEEDED_MAJOR } from '../lib/find-node.mjs';
import { whyInstall } from '../lib/install.mjs';
import { packages, root } from '../lib/project.mjs';
import { withTree } from './temporary-tree.mjs';

const LOCKED = {
  '': { name: 'openguild' },
  core: { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/a/node_modules/b': { version: '2.0.0', integrity: 'sha512-b' },
  'node_modules/for-another-system': { version: '3.0.0', optional: true, os: ['none'] },
};
const INSTALLED = Object.fromEntries(
  Object.entries(LOCKED).filter(([path]) => path.includes('node_modules/') && !path.includes('another')),
);

function whyInstallWith(installed) {
  const files = { 'package-lock.json': JSON.stringify({ packages: LOCKED }) };
  if (installed !== undefined) files['node_modules/.package-lock.json'] = JSON.stringify({ packages: installed });
  return withTree(files, whyInstall);
}

describe('prepare', () => {
  it('installs where nothing is installed, or an install broke off', () => {
    expect(whyInstallWith(undefined)).to.equal('dependencies are not installed');
  });

  it('leaves a complete install alone, optional packages of other systems aside', () => {
    expect(whyInstallWith(INSTALLED)).to.equal(undefined);
  });

  it('installs again when a package is missing, of another version or with other content', () => {
    const { 'node_modules/a/node_modules/b': nested, ...rest } = INSTALLED;
    expect(whyInstallWith(rest)).to.equal('node_modules/a/node_modules/b is not installed');
    for (const change of [{ version: '2.0.1' }, { integrity: 'sha512-x' }]) {
      expect(whyInstallWith({ ...rest, 'node_modules/a/node_modules/b': { ...nested, ...change } })).to.equal(
        'node_modules/a/node_modules/b is not the version that package-lock.json names',
      );
    }
  });

  it('finds nothing to install here', () => {
    expect(whyInstall(root)).to.equal(undefined);
  });

  it(`finds a Node of version ${NEEDED_MAJOR} or newer`, () => {
    expect(findNode(root)).to.be.a('string');
    expect(Number.parseInt(process.versions.node, 10)).to.be.at.least(NEEDED_MAJOR);
  });

  it('compiles again when a source is changed, added or touched, and when a setting is', () => {
    const settings = packages.flatMap((name) => [`${name}/package.json`, `${name}/tsconfig.json`]);
    const files = [...settings, 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'core/src/a.ts', 'core/test/a.test.ts'];
    withTree(Object.fromEntries(files.map((path) => [path, '{}'])), (folder) => {
      const stamps = [stampOfSources(folder)];
      expect(stampOfSources(folder)).to.equal(stamps[0]);
      writeFileSync(join(folder, 'core/test/a.test.ts'), 'tests are not compiled');
      expect(stampOfSources(folder)).to.equal(stamps[0]);
      writeFileSync(join(folder, 'core/src/a.ts'), 'another length');
      stamps.push(stampOfSources(folder));
      writeFileSync(join(folder, 'host/src.ts'), 'not a source');
      writeFileSync(join(folder, 'core/src/b.ts'), '{}');
      stamps.push(stampOfSources(folder));
      utimesSync(join(folder, 'core/src/b.ts'), 1_000, 1_000);
      stamps.push(stampOfSources(folder));
      writeFileSync(join(folder, 'core/tsconfig.json'), '{"a":1}');
      stamps.push(stampOfSources(folder));
      expect(new Set(stamps).size).to.equal(5);
    });
  });
});
