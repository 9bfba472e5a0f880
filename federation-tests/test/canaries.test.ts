import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CANARIES } from '../src/canary/canaries.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAM = join(import.meta.dirname, '..', 'src', 'bin', 'canaries.ts');

/** IDs of rules that PROTOCOL.md states, of the families that need a canary. */
function rulesOfTheProtocol(): string[] {
  const text = readFileSync(join(ROOT, 'PROTOCOL.md'), 'utf8');
  return [...text.matchAll(/^\*\*((?:AUTH|RES|EV|SIG)-[0-9.]+)\*\*/gm)].map(([, id]) => id as string);
}

describe('canaries', function () {
  this.timeout(240_000);

  it('there is one for every AUTH, RES, EV and SIG rule of PROTOCOL.md', () => {
    const rules = rulesOfTheProtocol();
    expect(rules.length).to.be.greaterThan(100);
    const silent = rules.filter((rule) => CANARIES.every(({ name }) => name !== rule && !name.startsWith(`${rule} `)));
    expect(silent).to.deep.equal([]);
  });

  it('there is one for every MX rule by which an event is judged', () => {
    const text = readFileSync(join(ROOT, 'PROTOCOL.md'), 'utf8');
    const rules = [...text.matchAll(/^\| \*\*(MX-[0-9.]+)\*\* \|/gm)].map(([, id]) => id as string);
    const single = rules.filter((rule) => rules.every((other) => !other.startsWith(`${rule}.`)));
    expect(single.length).to.be.greaterThan(50);
    expect(single.filter((rule) => CANARIES.every(({ name }) => name !== rule))).to.deep.equal([]);
  });

  it('each still finds the one line that it changes', () => {
    const lost = CANARIES.filter(({ file, find }) => readFileSync(join(ROOT, file), 'utf8').split(find).length !== 2).map(
      ({ name }) => name,
    );
    expect(lost).to.deep.equal([]);
  });

  it('each changes something, unless something else says the same', () => {
    expect(CANARIES.filter(({ find, put, implied }) => find === put && implied === undefined)).to.deep.equal([]);
  });

  it('have names of their own', () => {
    expect(new Set(CANARIES.map(({ name }) => name)).size).to.equal(CANARIES.length);
  });

  for (const rule of ['AUTH-6.7', 'EV-14', 'RES-6 companion', 'RES-8 authorised', 'liveness', 'MX-3.2', 'MX-10.10'])
    it(`it is noticed that ${rule} is off`, () => {
      const out = execFileSync(process.execPath, [PROGRAM, '--rule', rule, '--histories', '60', '--jobs', '1'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(out).to.match(/1 of 1 caught/);
    });
});
