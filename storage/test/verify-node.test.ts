import { expect } from 'chai';
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SignatureCheck, signerFromSeed, verifyPortable } from '@openguild/core';
import { verifyWithNode } from '@openguild/storage';

interface Vector {
  readonly why: string;
  readonly input: { readonly public_key: string; readonly message: string; readonly signature: string };
  readonly expect: string;
}

const VECTORS = join(import.meta.dirname, '../../spec/vectors/signatures-edge.json');
const SEED = Date.now() & 0x7fffffff;

describe('signature verdicts by node:crypto', () => {
  it('are those of the edge vectors and of the portable path', async () => {
    const vectors = JSON.parse(await readFile(VECTORS, 'utf8')) as Vector[];
    expect(vectors.length).to.be.greaterThan(20);
    const checks = vectors.map(({ input }): SignatureCheck => {
      const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
      return { key_id: 'ed25519:x', public_key: bytes(input.public_key), message: bytes(input.message), signature: bytes(input.signature) };
    });
    const verdicts = await verifyWithNode(checks);
    for (const [index, vector] of vectors.entries()) {
      expect(verdicts[index], vector.why).to.equal(vector.expect === 'valid');
      expect(verifyPortable(checks[index] as SignatureCheck), vector.why).to.equal(vector.expect === 'valid');
    }
  });

  it(`are those of the portable path for random signatures, right and damaged (seed ${SEED})`, async () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const damage = fc.option(fc.tuple(fc.constantFrom('signature', 'message', 'public_key'), fc.nat(), fc.integer({ min: 1, max: 255 })));
    const property = fc.asyncProperty(bytes(32), fc.uint8Array({ minLength: 1, maxLength: 200 }), damage, async (seed, message, wrong) => {
      const signer = signerFromSeed(seed);
      const check = {
        key_id: signer.key_id,
        public_key: signer.publicKey.slice(),
        message: message.slice(),
        signature: signer.sign(message).slice(),
      };
      if (wrong !== null) {
        const part = check[wrong[0] as 'signature'];
        part[wrong[1] % part.length] = (part[wrong[1] % part.length] as number) ^ wrong[2];
      }
      const [verdict] = await verifyWithNode([check]);
      expect(verdict).to.equal(verifyPortable(check));
      expect(verdict).to.equal(wrong === null);
    });
    await fc.assert(property, { numRuns: 60, seed: SEED });
  });

  it('answers in order, and nothing for nothing', async () => {
    const signer = signerFromSeed(new Uint8Array(32).fill(7));
    const good = {
      key_id: signer.key_id,
      public_key: signer.publicKey,
      message: Uint8Array.of(1),
      signature: signer.sign(Uint8Array.of(1)),
    };
    const bad = { ...good, message: Uint8Array.of(2) };
    const short = { ...good, signature: good.signature.slice(1) };
    expect(await verifyWithNode([good, bad, good, short, { ...good, public_key: new Uint8Array(31) }])).to.deep.equal([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(await verifyWithNode([])).to.deep.equal([]);
  });
});
