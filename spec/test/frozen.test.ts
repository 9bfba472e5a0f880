import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { casesNow, type Frozen } from './frozen.ts';

describe('frozen vectors', () => {
  const frozen = JSON.parse(readFileSync(new URL('../frozen.json', import.meta.url), 'utf8')) as Frozen;
  const now = casesNow();

  for (const [file, cases] of Object.entries(frozen))
    it(`${file} has every case that it had`, () => {
      const there = new Set(now[file]);
      expect(cases.filter((hash) => !there.has(hash))).to.deep.equal([]);
    });

  it('every case is frozen: node spec/test/freeze.ts adds new ones', () => {
    for (const [file, cases] of Object.entries(now)) expect(frozen[file], file).to.include.members([...new Set(cases)]);
  });
});
