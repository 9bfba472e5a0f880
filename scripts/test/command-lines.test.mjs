import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from '../lib/project.mjs';

/** Every script of package.json that is a program of this repository, and no other tool. */
const PROGRAMS = Object.entries(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts).flatMap(([name, command]) => {
  const [, file] = /^(?:exec )?node (scripts\/[\w-]+\.mjs)$/.exec(command) ?? [];
  return file === undefined ? [] : [{ name, file }];
});

function call(file, ...words) {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, file), ...words], { cwd: root, timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.code, out, err }),
    );
  });
}

describe('the programs behind npm run', function () {
  this.timeout(120_000);

  it('are found in package.json', () => {
    expect(PROGRAMS.map(({ name }) => name)).to.include.members([
      'sim',
      'canaries',
      'enumerate',
      'crash',
      'replay',
      'import',
      'suites',
      'playground',
      'vectors',
      'bench',
      'demo',
      'start',
      'test',
      'imports',
      'rules',
    ]);
  });

  /** What a program cannot do without, so that nothing else is wrong. */
  const NEEDED = { suites: ['--adapter', 'x'] };

  for (const { name, file } of PROGRAMS)
    it(`${name} says how it is called, and in one line what was wrong`, async () => {
      const [help, wrong] = await Promise.all([call(file, '--help'), call(file, ...(NEEDED[name] ?? []), '--nonsense')]);
      expect(help.err).to.equal('');
      expect(help.code).to.equal(0);
      expect(help.out)
        .to.match(/^Usage: /m)
        .and.to.match(/^Examples:\n {2}npm /m)
        .and.to.match(/^Exit codes: 0 .*2 called wrongly/ms);
      expect(wrong.out).to.equal('');
      expect(wrong.code).to.equal(2);
      expect(wrong.err.trim().split('\n')).to.have.length(1);
      expect(wrong.err).to.contain('--nonsense').and.to.contain('--help');
    });

  for (const [file, ...words] of [
    ['sim', '--histories', '0'],
    ['sim', '--minutes', 'ten'],
    ['sim', '--model', '1.5'],
    ['sim', '--only', 'nothing'],
    ['sim', '--version', '99'],
    ['sim', 'more'],
    ['canaries', '--rule', 'AUTH-99'],
    ['enumerate', '--part', '4/4'],
    ['replay'],
    ['import', 'x', '--as', 'y'],
    ['playground', '--port', '65536'],
    ['suites', '--adapter', 'x', '--seed', '0.5'],
    ['crash', '--runs', '-1'],
    ['bench', 'nothing'],
  ])
    it(`${[file, ...words].join(' ')} is refused in one line`, async () => {
      const { code, out, err } = await call(`scripts/${file}.mjs`, ...words);
      expect(code).to.equal(2);
      expect(out).to.equal('');
      expect(err.trim().split('\n'), err).to.have.length(1);
      expect(err).to.contain(`${file}: `).and.to.contain(`npm run ${file} -- --help`);
    });
});
