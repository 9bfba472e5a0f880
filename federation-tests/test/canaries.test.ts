import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { CANARIES } from '../src/canary/canaries.ts';

const PACKAGES = ['core', 'state-resolution'] as const;
const PROGRAM = join(import.meta.dirname, '..', 'src', 'bin', 'canaries.ts');

/** The compiled file that a canary changes. */
function compiled(file: string): string {
  const name = PACKAGES.find((each) => file.startsWith(`${each}/`));
  const entry = fileURLToPath(import.meta.resolve(`@openguild/${name ?? ''}`));
  return readFileSync(join(entry, '..', '..', file.slice((name ?? '').length + 1)), 'utf8');
}

describe('canaries', function () {
  this.timeout(120_000);

  it('each still finds the line that it changes', () => {
    const lost = CANARIES.filter(({ file, find }) => !compiled(file).includes(find)).map(({ name }) => name);
    expect(lost).to.deep.equal([]);
  });

  it('have names of their own', () => {
    expect(new Set(CANARIES.map(({ name }) => name)).size).to.equal(CANARIES.length);
  });

  for (const rule of ['AUTH-6.7', 'AUTH-7.1', 'AUTH-2.5'])
    it(`the simulator notices that ${rule} is off`, () => {
      const out = execFileSync(process.execPath, [PROGRAM, '--rule', rule, '--histories', '60', '--jobs', '1'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(out).to.match(/1 of 1 caught/);
    });
});
