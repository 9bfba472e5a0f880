import { expect } from 'chai';
import fc from 'fast-check';
import { PublishedKeys } from '../../src/event/published-keys.ts';
import { signJson } from '../../src/event/sign-json.ts';
import { base64encode } from '../../src/crypto/base64.ts';
import { publicKeyOf } from '../../src/crypto/key-id.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { anyJson } from '../json/arbitrary-json.ts';
import { holds } from '../vectors/random.ts';
import { signer } from '../verify/small-world.ts';

const verify = portableVerifier();
const key = signer('a.example/present');
const other = signer('a.example/other');
const rawOf = (one: typeof key): string => base64encode(publicKeyOf(one.key_id) as Uint8Array);
const NOW = 1_700_000_000_000;

function signed(change: JsonObject = {}, by = key, as = 'ed25519:1'): JsonObject {
  const document = { server_name: 'a.example', valid_until_ts: NOW, verify_keys: { 'ed25519:1': { key: rawOf(key) } }, ...change };
  return signJson(document, document.server_name, { ...by, key_id: as });
}

describe('published keys of Matrix servers (MXB-21)', () => {
  const whole = signed();

  it('no document throws, whatever it holds, and what does not count changes nothing', () => {
    const names = fc.constantFrom(
      'server_name',
      'verify_keys',
      'old_verify_keys',
      'signatures',
      'valid_until_ts',
      '__proto__',
      'constructor',
      'x',
    );
    const hostile = fc.dictionary(names, fc.oneof(anyJson, fc.dictionary(fc.constantFrom('ed25519:1', 'a.example', '__proto__'), anyJson)));
    holds(
      fc.tuple(hostile, fc.integer()),
      ([document, fetched]) => {
        const keys = new PublishedKeys(verify);
        expect(keys.add(document as JsonValue, fetched)?.rule).to.equal('MXB-21');
        expect(keys.has('a.example')).to.equal(false);
        const mixed = { ...whole, ...(document as JsonObject) };
        keys.add(mixed, fetched);
        for (const name of ['__proto__', 'constructor', 'ed25519:1']) expect(() => keys.keysOf('a.example', name)).to.not.throw();
      },
      100,
    );
  });

  it('a reply for another server, a notary that changes it, a key ID used again', () => {
    const keys = new PublishedKeys(verify);
    expect(keys.add(signed({ server_name: 'b.example' }), NOW)).to.equal(null);
    expect([keys.has('a.example'), keys.has('b.example')]).to.deep.equal([false, true]);
    const renamed = { ...signed(), server_name: 'c.example' };
    expect(keys.add(renamed, NOW)?.rule).to.equal('MXB-21');
    const longer = { ...signed(), valid_until_ts: NOW + 1 };
    expect(keys.add(longer, NOW)?.rule).to.equal('MXB-21');
    // Two documents name two keys under one ID: events of either time stay verifiable, and none of the keys is lost.
    expect(keys.add(signed(), NOW)).to.equal(null);
    expect(keys.add(signed({ verify_keys: { 'ed25519:1': { key: rawOf(other) } } }, other), NOW)).to.equal(null);
    expect(keys.keysOf('a.example', 'ed25519:1').map((one) => base64encode(one.public_key))).to.deep.equal([rawOf(key), rawOf(other)]);
  });

  it('a name that objects inherit is a server like any other', () => {
    const keys = new PublishedKeys(verify);
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(keys.has(name)).to.equal(false);
      expect(keys.keysOf(name, name)).to.deep.equal([]);
      expect(keys.add(signed({ server_name: name }), NOW)).to.equal(null);
      expect(keys.has(name)).to.equal(true);
    }
  });

  it('a thousand signatures are not all tried', () => {
    let tried = 0;
    const counting = new PublishedKeys((check) => {
      tried += 1;
      return verify(check);
    });
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`ed25519:${i}`, { key: rawOf(other) }]));
    const junk = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`ed25519:${i}`, base64encode(new Uint8Array(64))]));
    const document = { server_name: 'a.example', valid_until_ts: NOW, verify_keys: many, signatures: { 'a.example': junk } };
    expect(counting.add(document, NOW)?.rule).to.equal('MXB-21');
    expect(tried).to.equal(8);
  });

  it('keys under one ID without end: of the ninth no document counts, and no signature is tried with more than eight', () => {
    let tried = 0;
    const counting = new PublishedKeys((check) => {
      tried += 1;
      return verify(check);
    });
    const faults = Array.from({ length: 12 }, (_, i) => {
      const one = signer(`a.example/many ${i}`);
      return counting.add(signed({ verify_keys: { 'ed25519:1': { key: rawOf(one) } } }, one), NOW)?.rule;
    });
    expect(faults).to.deep.equal([...Array<undefined>(8).fill(undefined), ...Array<string>(4).fill('MXB-21')]);
    expect(counting.keysOf('a.example', 'ed25519:1')).to.have.length(8);
    tried = 0;
    const junk = { key_id: 'ed25519:1', signature: new Uint8Array(64) };
    const check = { server: 'a.example', at_ts: 1, enforce_validity: true, options: [junk], message: new Uint8Array(1) };
    expect(counting.isSigned(check)).to.equal(false);
    expect(tried).to.equal(8);
    // What is known goes on: a later document of a known key, and other IDs.
    const first = signer('a.example/many 0');
    expect(counting.add(signed({ verify_keys: { 'ed25519:1': { key: rawOf(first) } } }, first), NOW + 1)).to.equal(null);
    expect(counting.add(signed({ verify_keys: { 'ed25519:2': { key: rawOf(key) } } }, key, 'ed25519:2'), NOW)).to.equal(null);
  });
});
