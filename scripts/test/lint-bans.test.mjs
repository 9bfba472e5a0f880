import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from '../lib/project.mjs';
import { withTree } from './temporary-tree.mjs';

/** Each line of code breaks a rule of this project; the names tell in which folder, and what must be reported. */
const PLANTED = [
  ['core/src', 'export const a = Date.now();', 'no-restricted-properties'],
  ['core/src', 'export const a = new Date();', 'no-restricted-globals'],
  ['core/src', 'export const a = Math.random();', 'no-restricted-properties'],
  ['core/src', "export const a = fetch('x');", 'no-restricted-globals'],
  ['core/src', "export const a = globalThis.fetch('x');", 'no-restricted-globals'],
  ['core/src', 'setTimeout(() => {}, 1);', 'no-restricted-globals'],
  ['core/src', 'setInterval(() => {}, 1);', 'no-restricted-globals'],
  ['core/src', 'export const a = process.env;', 'no-restricted-globals'],
  ['core/src', 'export const a = Buffer.alloc(1);', 'no-restricted-globals'],
  ['core/src', "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;", 'no-restricted-imports'],
  ['core/src', 'export const a = async () => {};', 'no-async-await'],
  ['state-resolution/src', 'export const a = Date.now();', 'no-restricted-properties'],
  ['state-resolution/src', "export { readFileSync } from 'node:fs';", 'no-restricted-imports'],
  ['state-resolution/src', 'export const a = Math.random();', 'no-restricted-properties'],
  ['storage/src', 'export const a = Date.now();', 'no-restricted-properties'],
  ['storage/src', 'export const a = Math.random();', 'no-restricted-properties'],
  ['storage/src', "export const a = fetch('x');", 'no-restricted-globals'],
  ['host/src', 'export const a = Date.now();', 'no-restricted-properties'],
  ['host/src', 'export const a = Math.random();', 'no-restricted-properties'],
  ['host/src', "export const a = fetch('x');", 'no-restricted-globals'],
  ['host/src/client', "export const a = globalThis.fetch('x');", 'no-restricted-globals'],
  ['host/src', "import { randomBytes } from 'node:crypto';\nexport const a = randomBytes(1);", 'no-restricted-imports'],
  ['host/src', 'setTimeout(() => {}, 1);', 'no-restricted-globals'],
  ['host/src', 'const later = async () => {};\nlater();', 'no-floating-promises'],
  ['storage/test', 'const later = async () => {};\nlater();', 'no-floating-promises'],
  ['core/src', "export const a = ['b', 'a'].sort();", 'require-array-sort-compare'],
  ['core/src', "export const a = ['b', 'a'].toSorted();", 'require-array-sort-compare'],
  ['host/test', "export const a = ['b', 'a'].sort();", 'require-array-sort-compare'],
  ['host/test', "describe.only('a', () => {});", 'no-restricted-properties'],
];

const ALLOWED = [
  ['host/src/platform', "export const a = [Date.now(), Math.random(), fetch('x'), setTimeout(() => {}, 1)];"],
  ['host/src/bin', "import { randomBytes } from 'node:crypto';\nexport const a = [randomBytes(1), Date.now()];"],
  ['core/src', "export const a = ['b', 'a'].sort((x, y) => (x < y ? -1 : 1));"],
  ['core/test', 'export const a = Date.now();'],
];

const CONFIG = readFileSync(join(root, '.oxlintrc.json'), 'utf8');
const TSCONFIG = JSON.stringify({
  compilerOptions: { target: 'es2024', module: 'nodenext', strict: true, types: [], lib: ['es2024', 'dom'] },
});

describe('lint', function () {
  this.timeout(60_000);

  it('catches each planted violation, and nothing in what is allowed', () => {
    const cases = [...PLANTED, ...ALLOWED].map(([folder, text, rule], index) => ({
      path: `${folder}/case-${index}.ts`,
      text: `${text}${/^export|^import/m.test(text) ? '' : '\nexport {};'}\n`,
      rule,
    }));
    const files = Object.fromEntries(cases.map(({ path, text }) => [path, text]));
    const found = withTree({ ...files, '.oxlintrc.json': CONFIG, 'tsconfig.json': TSCONFIG }, lint);
    for (const { path, text, rule } of cases) {
      const codes = found.filter(({ filename }) => filename === path).map(({ code }) => code);
      if (rule === undefined) expect(codes, `${path}: ${text}`).to.deep.equal([]);
      else expect(codes.join(), `${path}: ${text}`).to.include(rule);
    }
  });
});

/** The findings of the linter in a folder, as its JSON report gives them. */
function lint(folder) {
  const run = spawnSync(process.execPath, [join(root, 'node_modules', 'oxlint', 'bin', 'oxlint'), '--format=json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(run.stdout, run.stderr).to.match(/^\{/);
  return JSON.parse(run.stdout).diagnostics;
}
