import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, JsonValue } from '@openguild/core';
import { expect } from 'chai';
import { drawMatrixCopy } from '../src/matrix/drawn-copies.ts';
import { copyDiffers } from '../src/matrix/matrix-copies.ts';
import { matrixFateOf } from '../src/matrix/model/copies.ts';
import { MATRIX_VERSIONS } from '../src/matrix/run-matrix-history.ts';
import { Random } from '../src/sim/environment/random.ts';

interface Vector {
  readonly why: string;
  readonly version: string;
  readonly input: JsonValue;
  /** A text that is repeated in `content.body`, and how often. */
  readonly fill?: JsonValue;
  readonly expect: {
    readonly event_id: string;
    readonly redacted: boolean;
    readonly servers: JsonObject;
    readonly content?: JsonObject;
  } | null;
}

const [, ...vectors] = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'spec', 'vectors', 'matrix', 'pdus.json'), 'utf8'),
) as readonly Vector[];

describe('copies of Matrix events', () => {
  it('the model agrees with the vectors', () => {
    for (const { why, version, input, fill, expect: expected } of vectors) {
      if (fill !== undefined) continue;
      const { kind, id, kept, signers } = matrixFateOf(input, Number(version));
      if (expected === null) expect(kind, why).to.equal('dropped');
      else {
        expect({ id, redacted: kind === 'redacted' }, why).to.deep.equal({ id: expected.event_id, redacted: expected.redacted });
        expect(signers, why).to.have.members(Object.keys(expected.servers));
        if (expected.content !== undefined) expect(kept['content'], why).to.deep.equal(expected.content);
      }
    }
  });

  it('the engine agrees with the model, and copies of every fate are drawn', () => {
    const random = new Random('copies');
    const drawn = new Set<string>();
    for (let i = 0; i < 1_500; i++) {
      const version = random.pick(MATRIX_VERSIONS);
      const pdu = drawMatrixCopy(random, Number(version));
      const { kind, rule } = matrixFateOf(pdu, Number(version));
      drawn.add(`${kind} ${rule}`);
      expect(copyDiffers(pdu, version, true), JSON.stringify(pdu).slice(0, 1_000)).to.equal(null);
    }
    const faults = ['MXB-2', 'MXB-3', 'MXB-4', 'MXB-5', 'MXB-6', 'MXB-7', 'MXB-8', 'MXB-9', 'MXB-10', 'MXB-11', 'MXB-12'];
    expect(drawn).to.include.all.keys('whole ', 'redacted MXB-13', 'whole MXB-13', ...faults.map((rule) => `dropped ${rule}`));
  });
});
