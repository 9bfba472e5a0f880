import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { changedBy } from '../src/canary/canary.ts';
import { drawMutants, ENGINE } from '../src/canary/mutants.ts';
import { mutationsOf } from '../src/canary/mutations.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What each mutation makes of a program. */
function made(source: string): string[] {
  return mutationsOf(source).map(({ at, find, put }) => source.slice(0, at) + put + source.slice(at + find.length));
}

describe('mutations', () => {
  it('of conditions, comparisons and what joins them', () => {
    expect(made('if (a) b;')).to.have.members(['if (!(a)) b;', 'if (true) b;', 'if (false) b;', 'if (a) ;']);
    expect(made('x = a < b;')).to.have.members([';', 'x = a <= b;']);
    expect(made('x = (a) !== (b);')).to.have.members([';', 'x = (a) === (b);']);
    expect(made('x = a && !b;')).to.have.members([';', 'x = a || !b;', 'x = a;', 'x = !b;', 'x = a && b;']);
    expect(made('x = a ?? b;')).to.have.members([';', 'x = a;']);
  });

  it('of calls, lists, loops and numbers', () => {
    expect(made('x = a.filter(f);')).to.have.members([';', 'x = a;']);
    expect(made('x = a.some(f);')).to.have.members([';', 'x = a.every(f);']);
    expect(made('x = [a, b, c];')).to.have.members([';', 'x = [b, c];', 'x = [a, c];', 'x = [a, b];']);
    expect(made('for (const a of b) ;')).to.have.members(['for (const a of [...b].slice(0, 1)) ;', 'for (const a of [...b].slice(1)) ;']);
    expect(made('x = a + 1;')).to.have.members([';', 'x = a;', 'x = a + 2;']);
    expect(made('x = 1n;')).to.have.members([';', 'x = 2n;']);
    expect(made('function f() { return g; }')).to.have.members(['function f() { return null; }']);
  });

  it('leave alone what only makes words', () => {
    expect(made('throw new Error(a < b);')).to.deep.equal([]);
    expect(made('export const f = (c) => c.demand(r, a, () => b < c, () => `${d < e}`);')).to.deep.equal([]);
  });

  it('change the compiled engine where they say', () => {
    const mutants = drawMutants(ROOT, ENGINE, 'a test', 200);
    const lost = mutants.filter((mutant) => changedBy(mutant, readFileSync(join(ROOT, mutant.file), 'utf8')) === undefined);
    expect({ drawn: mutants.length, lost }).to.deep.equal({ drawn: 200, lost: [] });
    expect(drawMutants(ROOT, ENGINE, 'a test', 5)).to.deep.equal(mutants.slice(0, 5));
    expect(drawMutants(ROOT, ENGINE, 'another', 5)).not.to.deep.equal(mutants.slice(0, 5));
  });

  it('that break a rule are caught, each in a process of its own', function () {
    this.timeout(120_000);
    const program = join(import.meta.dirname, '..', 'src', 'bin', 'canaries.ts');
    const options = ['--mutants', '2', '--seed', 'a test', '--in', 'core/dist/auth/rules-channel.js', '--jobs', '1', '--minutes', '0.3'];
    const out = execFileSync(process.execPath, [program, ...options], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(out).to.match(/^core\/dist\/auth\/rules-channel\.js:\d+ .* caught by .*\n {4}.* -> /);
    expect(out).to.contain('2 of 2 caught');
  });
});
