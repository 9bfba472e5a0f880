import { expect } from 'chai';
import {
  keyMemory,
  PORTABLE_SIGNATURES,
  type SignatureBackend,
  type SignatureCheck,
  type SignatureRule,
  verifyWith,
} from '@openguild/core';
import { edgeSignatures } from '@openguild/spec';
import { backendFault, fastestSignatures, nodeSignatures, sodiumSignatures, verifyInTurn } from '@openguild/storage';

const RULES: readonly SignatureRule[] = ['strict-cofactorless', 'published-keys'];

function checks(rule: SignatureRule): SignatureCheck[] {
  return edgeSignatures().map(({ public_key, message, signature }) => ({ key_id: '', public_key, message, signature, rule }));
}

function backends(): SignatureBackend[] {
  return [PORTABLE_SIGNATURES, nodeSignatures(), sodiumSignatures()].filter((one) => one !== undefined);
}

describe('signature backends', () => {
  const sodium = sodiumSignatures();
  const edge = edgeSignatures();

  it('there are three', function () {
    if (sodium === undefined) this.skip();
    expect(backends().map((one) => one.name)).to.deep.equal(['noble', 'node:crypto', 'sodium-native']);
  });

  for (const backend of backends()) {
    it(`${backend.name} says what the edge vectors say, by the native rule`, () => {
      const keys = keyMemory();
      for (const [i, check] of checks('strict-cofactorless').entries()) {
        expect(verifyWith(backend, check, keys), edge[i]?.why).to.equal(edge[i]?.valid);
      }
      expect(backendFault(backend)).to.equal(null);
    });

    it(`${backend.name} says what the others say, by the rule for published keys`, () => {
      const keys = keyMemory();
      for (const check of checks('published-keys')) {
        expect(verifyWith(backend, check, keys)).to.equal(verifyWith(PORTABLE_SIGNATURES, check, keys));
      }
    });
  }

  it('libsodium alone, asked about everything, is the rule for published keys', function () {
    if (sodium === undefined) this.skip();
    const keys = keyMemory();
    let accepted = 0;
    for (const [i, check] of checks('published-keys').entries()) {
      const { public_key, message, signature } = check;
      const whole = public_key.length === 32 && signature.length === 64;
      const verdict = whole && sodium.holds(public_key, message, signature);
      if (verdict) accepted++;
      expect(verifyWith(PORTABLE_SIGNATURES, check, keys), edge[i]?.why).to.equal(verdict);
    }
    expect(accepted).to.be.above(edge.filter((one) => one.valid).length);
  });

  it('one that says otherwise is found out, and passed over', () => {
    const yes: SignatureBackend = { name: 'yes', holds: () => true };
    const no: SignatureBackend = { name: 'no', holds: () => false };
    const broken: SignatureBackend = {
      name: 'broken',
      holds: () => {
        throw new Error('no such instruction');
      },
    };
    for (const backend of [yes, no, broken]) expect(backendFault(backend)).to.match(new RegExp(`^${backend.name} `));
    const faults: string[] = [];
    expect(fastestSignatures((fault) => faults.push(fault)).name).to.equal(sodium?.name ?? 'node:crypto');
    expect(faults).to.deep.equal([]);
  });

  it('answer in turn', async () => {
    for (const rule of RULES) {
      const keys = keyMemory();
      const expected = checks(rule).map((check) => verifyWith(PORTABLE_SIGNATURES, check, keys));
      expect(await verifyInTurn(fastestSignatures())(checks(rule))).to.deep.equal(expected);
    }
  });
});
