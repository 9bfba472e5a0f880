import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const PROGRAM = new URL('first-program.ts', import.meta.url);
const README = new URL('../../README.md', import.meta.url);

describe('core/README.md', () => {
  const readme = readFileSync(README, 'utf8');

  it('shows the first program as it is', () => {
    expect(readme).to.include(`\`\`\`ts\n${readFileSync(PROGRAM, 'utf8')}\`\`\``);
  });

  it('shows what it prints', function () {
    this.timeout(30_000);
    const printed = execFileSync(process.execPath, [fileURLToPath(PROGRAM)], { encoding: 'utf8' });
    expect(readme).to.include(`prints\n\n\`\`\`\n${printed}\`\`\``);
  });

  it('names only functions that there are', async () => {
    const core = (await import('@openguild/core')) as Readonly<Record<string, unknown>>;
    const named = [...readme.matchAll(/`([a-z][A-Za-z]+)(?:\([^`]*\))?`/g)].map(([, name]) => name as string);
    const called = named.filter((name) => /[A-Z]/.test(name));
    expect(called.filter((name) => core[name] === undefined)).to.deep.equal([]);
  });
});
