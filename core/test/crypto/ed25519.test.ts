import { createPublicKey, verify } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { admissibleKey, keyFault, signatureFault, verifyPortable } from '../../src/crypto/ed25519.ts';
import { keyId, publicKeyOf } from '../../src/crypto/key-id.ts';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { sameCheck, verdictKey } from '../../src/crypto/verdict-key.ts';
import type { SignatureCheck } from '../../src/event/types.ts';
import { holds } from '../vectors/random.ts';
import { readVectors, type Vector } from '../vectors/read-vectors.ts';

interface SignatureVector extends Vector {
  /** Hexadecimal. */
  readonly input: { readonly public_key: string; readonly message: string; readonly signature: string };
  readonly expect: 'valid' | 'invalid';
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function checkOf({ input }: SignatureVector): SignatureCheck {
  return { key_id: '', public_key: bytes(input.public_key), message: bytes(input.message), signature: bytes(input.signature) };
}

/** The platform's own verdict. */
function platformVerifies({ public_key, message, signature }: SignatureCheck): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(public_key).toString('base64url') }, format: 'jwk' });
  return verify(null, message, key, signature);
}

const VECTORS = readVectors<SignatureVector>('signatures-edge');

describe('Ed25519 by the native rule', () => {
  for (const vector of VECTORS) {
    it(`${vector.rule}: ${vector.why}`, () => {
      const fault = signatureFault(checkOf(vector));
      expect(fault?.rule ?? 'valid').to.equal(vector.expect === 'valid' ? 'valid' : vector.rule);
      expect(verifyPortable(checkOf(vector))).to.equal(vector.expect === 'valid');
      if (vector.rule.startsWith('KEY-')) expect(keyFault(bytes(vector.input.public_key))?.rule).to.equal(vector.rule);
    });
  }

  it('has the platform agree on every vector with an admissible key, R = identity apart', () => {
    const asked = VECTORS.filter((vector) => admissibleKey(bytes(vector.input.public_key)) && vector.rule !== 'SIG-4');
    for (const vector of asked) expect(platformVerifies(checkOf(vector)), vector.why).to.equal(vector.expect === 'valid');
    expect(asked.length).to.be.above(25);
  });

  it('signs and verifies as the platform does', () => {
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    holds(
      fc.record({ seed, message: fc.uint8Array({ maxLength: 80 }), flip: fc.option(fc.nat(64 * 8 - 1)) }),
      ({ seed: secret, message, flip }) => {
        const signer = signerFromSeed(secret);
        const signature = signer.sign(message).slice();
        if (flip !== null) signature[flip >> 3] = (signature[flip >> 3] as number) ^ (1 << (flip & 7));
        const check = { key_id: signer.key_id, public_key: signer.publicKey, message, signature };
        expect(verifyPortable(check)).to.equal(flip === null);
        expect(platformVerifies(check)).to.equal(flip === null);
      },
      60,
    );
  });

  it('asks the caller about keys, so that admission can be remembered', () => {
    const signer = signerFromSeed(new Uint8Array(32));
    const message = bytes('00');
    const check = { key_id: signer.key_id, public_key: signer.publicKey, message, signature: signer.sign(message) };
    let asked = 0;
    const remembered = (): null => {
      asked++;
      return null;
    };
    expect(verifyPortable(check, remembered)).to.equal(true);
    expect(asked).to.equal(1);
    expect(signatureFault(check, () => ({ rule: 'KEY-4', detail: '' }))?.rule).to.equal('KEY-4');
  });

  it('keeps its own copy of the seed', () => {
    const seed = new Uint8Array(32).fill(1);
    const signer = signerFromSeed(seed);
    const before = signer.sign(bytes('aa'));
    seed.fill(2);
    expect(signer.sign(bytes('aa'))).to.deep.equal(before);
    expect(publicKeyOf(signer.key_id)).to.deep.equal(signer.publicKey);
    expect(keyId(signer.publicKey)).to.equal(signer.key_id);
    expect(() => signerFromSeed(new Uint8Array(64))).to.throw(TypeError);
  });

  it('tells verdicts apart by key, signature and message', () => {
    const check = checkOf(VECTORS[0] as SignatureVector);
    expect(verdictKey({ ...check, key_id: 'another' })).to.equal(verdictKey(check));
    for (const part of ['public_key', 'signature', 'message'] as const) {
      const other = { ...check, [part]: Uint8Array.from([...check[part], 0]) };
      expect(verdictKey(other)).not.to.equal(verdictKey(check));
      expect(sameCheck(other, check)).to.equal(false);
    }
    expect(sameCheck({ ...check, message: check.message.slice() }, check)).to.equal(true);
    expect(sameCheck({ ...check, rule: 'published-keys' }, check)).to.equal(false);
  });
});
