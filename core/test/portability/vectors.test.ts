import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { runVectors, VECTOR_FILES } from './suite/run-vectors.ts';

const FOLDER = new URL('../../../spec/vectors/', import.meta.url);

describe('the vectors, through the public entry of core', function () {
  this.timeout(120_000);

  for (const file of VECTOR_FILES) {
    it(`${file} (Node)`, () => {
      const findings = runVectors(file, JSON.parse(readFileSync(new URL(`${file}.json`, FOLDER), 'utf8')));
      expect(findings.filter((one) => one.fault !== null).map((one) => `${one.rule} ${one.why}: ${one.fault}`)).to.deep.equal([]);
      expect(findings.length).to.be.greaterThan(0);
    });
  }

  it('no file is forgotten', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
    expect(VECTOR_FILES.map((name) => `${name}.json`)).to.have.members(files);
  });
});
