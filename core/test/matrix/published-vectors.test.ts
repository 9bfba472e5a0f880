import { expect } from 'chai';
import { base64decodeLoosely, base64encode } from '../../src/crypto/base64.ts';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { eventForms } from '../../src/event/event-bytes.ts';
import { signJson } from '../../src/event/sign-json.ts';
import { canonicalJson } from '../../src/json/canonical.ts';
import { readJson } from '../../src/json/read.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { roomVersion } from '../../src/version/room-version.ts';
import type { RoomVersion } from '../../src/version/version-record.ts';
import { readVectors, type Vector } from '../vectors/read-vectors.ts';

interface CanonicalVector extends Vector {
  readonly input: string;
  /** Null: refused. */
  readonly expect: string | null;
}

interface SigningVector extends Vector {
  readonly kind: 'json' | 'event';
  readonly input: JsonObject;
  readonly seed: string;
  readonly server: string;
  readonly key_id: string;
  readonly expect: JsonObject;
}

const V3 = roomVersion('3') as RoomVersion;
const REFUSALS: Readonly<Record<string, RegExp>> = { 'MXB-2': /^CJ-[578]$/, 'MXB-3': /^CJ-[38]$/ };

describe('Matrix canonical JSON', () => {
  for (const { why, rule, input, expect: expected } of readVectors<CanonicalVector>('matrix/canonical-json')) {
    it(`${rule}: ${why}`, () => {
      const numbers = rule === 'MXB-3' ? 'fractions' : 'integers';
      const read = readJson(new TextEncoder().encode(input), { numbers });
      if (!read.ok) {
        expect(expected, read.detail).to.equal(null);
        expect(read.rule).to.match(REFUSALS[rule] as RegExp);
        return;
      }
      expect(canonicalJson(read.value, 'code-points', numbers)).to.equal(expected);
    });
  }
});

describe('Matrix signing', () => {
  for (const { why, rule, kind, input, seed, server, key_id: keyId, expect: expected } of readVectors<SigningVector>('matrix/signing')) {
    it(`${rule}: ${why}`, () => {
      const signer = signerFromSeed(base64decodeLoosely(seed) as Uint8Array, keyId.slice('ed25519:'.length));
      expect(signer.key_id).to.equal(keyId);
      if (kind === 'json') {
        expect(signJson(input, server, signer)).to.deep.equal(expected);
        return;
      }
      const { hashes: _none, ...bare } = input;
      const hashed = { ...bare, hashes: { sha256: base64encode(eventForms(bare, V3).contentHash) } };
      const signature = base64encode(signer.sign(eventForms(hashed, V3).redacted));
      expect({ ...hashed, signatures: { [server]: { [keyId]: signature } } }).to.deep.equal(expected);
    });
  }
});

interface EdgeVector extends Vector {
  /** Hexadecimal. */
  readonly input: { readonly public_key: string; readonly message: string; readonly signature: string };
  readonly expect: 'valid' | 'invalid';
}

describe('Ed25519 by the rule for published keys', () => {
  for (const { why, rule, input, expect: expected } of readVectors<EdgeVector>('matrix/signatures-edge')) {
    it(`${rule}: ${why}`, () => {
      const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
      const check = { key_id: '', public_key: bytes(input.public_key), message: bytes(input.message), signature: bytes(input.signature) };
      expect(verifyPortable({ ...check, rule: 'published-keys' })).to.equal(expected === 'valid');
    });
  }
});
