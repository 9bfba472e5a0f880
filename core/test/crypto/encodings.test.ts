import { createHash } from 'node:crypto';
import bs58 from 'bs58';
import { expect } from 'chai';
import fc from 'fast-check';
import { base58decode, base58encode } from '../../src/crypto/base58.ts';
import { base64decode, base64encode } from '../../src/crypto/base64.ts';
import { blake3, sha256 } from '../../src/crypto/digest.ts';
import { holds } from '../vectors/random.ts';

/** Bytes with leading zeros more often than chance would have them. */
const anyBytes = fc
  .tuple(fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 70 }))
  .map(([zeros, rest]) => Uint8Array.from([...Array<number>(zeros).fill(0), ...rest]));

describe('base58', () => {
  it('agrees with another implementation, both ways', () => {
    holds(
      anyBytes,
      (bytes) => {
        const text = base58encode(bytes);
        expect(text).to.equal(bs58.encode(bytes));
        expect(base58decode(text)).to.deep.equal(bytes);
      },
      2_000,
    );
  });

  it('decodes what the other implementation decodes, and nothing else (ID-1)', () => {
    holds(fc.string({ unit: fc.constantFrom(...'11zZ2aAkLo0OIl+ é'), maxLength: 60 }), (text) => {
      expect(base58decode(text)).to.deep.equal(bs58.decodeUnsafe(text));
    });
  });

  it('refuses texts of more than 512 characters', () => {
    expect(base58decode('z'.repeat(512))).to.have.length(375);
    expect(base58decode('z'.repeat(513))).to.equal(undefined);
  });
});

describe('base64', () => {
  it('is that of the platform, without padding', () => {
    holds(anyBytes, (bytes) => {
      const text = base64encode(bytes);
      expect(text).to.equal(Buffer.from(bytes).toString('base64').replaceAll('=', ''));
      expect(base64decode(text)).to.deep.equal(bytes);
    });
  });

  it('decodes only what it would encode', () => {
    holds(
      fc.string({ unit: fc.constantFrom(...'ABQgw/+-_= é09z'), maxLength: 9 }),
      (text) => {
        const bytes = base64decode(text);
        const lenient = Buffer.from(text, 'base64').toString('base64').replaceAll('=', '');
        expect(bytes === undefined ? undefined : base64encode(bytes)).to.equal(lenient === text ? text : undefined);
      },
      2_000,
    );
  });
});

describe('hashes', () => {
  it('SHA-256 is that of the platform', () => {
    holds(anyBytes, (bytes) => expect([...sha256(bytes)]).to.deep.equal([...createHash('sha256').update(bytes).digest()]));
  });

  it('BLAKE3 gives the published hash of the empty input', () => {
    expect(Buffer.from(blake3(new Uint8Array())).toString('hex')).to.equal(
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    );
  });

  it('BLAKE3 gives the published hash of 1,024 bytes counting up to 250', () => {
    const input = Uint8Array.from({ length: 1_024 }, (_, i) => i % 251);
    expect(Buffer.from(blake3(input)).toString('hex')).to.equal('42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7');
  });
});
