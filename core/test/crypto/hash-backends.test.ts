import { hashBackend } from '#hash-backend';
import { expect } from 'chai';
import fc from 'fast-check';
import { blake3, sha256 } from '../../src/crypto/digest.ts';
import { hashBackend as portable } from '../../src/crypto/hash-backend.ts';
import { hashBackend as native } from '../../src/crypto/hash-backend.node.ts';
import { holds } from '../vectors/random.ts';

describe('hash backends', () => {
  it('compute the same', () => {
    holds(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
      expect([...native.blake3(bytes)]).to.deep.equal([...portable.blake3(bytes)]);
      expect([...native.sha256(bytes)]).to.deep.equal([...portable.sha256(bytes)]);
    });
  });

  it('give every digest its own bytes', () => {
    for (const { blake3: one, sha256: other } of [native, portable]) {
      for (const digest of [one, other]) {
        const first = digest(Uint8Array.of(1));
        const copy = [...first];
        digest(Uint8Array.of(2));
        expect([...first]).to.deep.equal(copy);
        expect(first.buffer.byteLength, 'shares no memory').to.be.below(1_000);
      }
    }
  });

  it('are swapped by the export condition: here the one of Node', () => {
    expect(hashBackend.name).to.equal('node');
    expect(import.meta.resolve('#hash-backend')).to.match(/hash-backend\.node\.js$/);
    expect([blake3, sha256]).to.deep.equal([hashBackend.blake3, hashBackend.sha256]);
  });
});
