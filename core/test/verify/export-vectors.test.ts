import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { utf8Encode } from '../../src/json/utf8.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { verifyExport } from '../../src/verify/verify-export.ts';

interface File {
  readonly exports: Readonly<Record<string, readonly string[]>>;
  readonly cases: readonly {
    readonly why: string;
    readonly rule: string;
    readonly of: string;
    readonly change?: readonly [at: number, out: number, ...lines: string[]];
    readonly faults: readonly string[];
    readonly equivocations?: readonly (readonly [number, number])[];
  }[];
}

const { exports, cases } = JSON.parse(readFileSync(new URL('../../../spec/exports/exports.json', import.meta.url), 'utf8')) as File;
const verify = portableVerifier();

describe('export vectors', () => {
  for (const { why, rule, of, change, faults, equivocations = [] } of cases) {
    it(`${rule}: ${why}`, () => {
      const lines = [...(exports[of] as readonly string[])];
      if (change !== undefined) lines.splice(change[0] - 1, change[1], ...(change.slice(2) as string[]));
      const report = verifyExport(
        lines.map((line) => utf8Encode(line)),
        verify,
      );
      expect(report.faults.map((fault) => `${fault.line} ${fault.rule}`)).to.deep.equal(faults);
      expect(report.verified).to.equal(faults.length === 0);
      expect(report.equivocations.map(({ events }) => events.map((event) => event.line))).to.deep.equal(equivocations);
    });
  }

  it('are about every rule of exports that a file can break or keep', () => {
    const about = new Set(cases.map((one) => one.rule));
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]) expect(about).to.include(`EXP-${number}`);
  });
});
