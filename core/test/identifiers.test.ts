import { expect } from 'chai';
import fc from 'fast-check';
import { base58decode, base58encode } from '../src/crypto/base58.ts';
import { keyId, publicKeyOf } from '../src/crypto/key-id.ts';
import { isBareServer, isBase58Hash, isEventId, isRoomId, isServerName, isUserId, localpartOf, serverOf } from '../src/identifiers.ts';
import { ascends, utf8Compare } from '../src/json/utf8-order.ts';
import { wellFormed } from '../src/well-formed.ts';
import { holds } from './vectors/random.ts';
import { readVectors, type Vector } from './vectors/read-vectors.ts';

interface IdVector extends Vector {
  readonly kind: 'server' | 'user' | 'room' | 'event' | 'key';
  readonly input: string;
  readonly expect: 'valid' | 'invalid';
}

interface OrderVector extends Vector {
  readonly kind: 'order';
  readonly input: readonly string[];
  readonly expect: readonly string[];
}

const CHECKS: Record<IdVector['kind'], (id: string) => boolean> = {
  server: isServerName,
  user: isUserId,
  room: isRoomId,
  event: isEventId,
  key: (id) => publicKeyOf(id) !== undefined,
};

describe('identifiers', () => {
  for (const vector of readVectors<IdVector | OrderVector>('identifiers')) {
    it(`${vector.rule} ${vector.kind}: ${vector.why}`, () => {
      if (vector.kind === 'order') expect([...vector.input].sort(utf8Compare)).to.deep.equal(vector.expect);
      else expect(CHECKS[vector.kind](vector.input) ? 'valid' : 'invalid').to.equal(vector.expect);
    });
  }

  it('takes IDs apart', () => {
    expect(serverOf('@alice:example.com:8448')).to.equal('example.com:8448');
    expect(serverOf('@:[::1]:8448')).to.equal('[::1]:8448');
    expect(localpartOf('@alice:example.com')).to.equal('alice');
    expect(localpartOf('@:example.com')).to.equal('');
    expect(isBareServer('@:example.com')).to.equal(true);
    expect(isBareServer('@a:example.com')).to.equal(false);
  });

  it('agrees with the URL parser: a server name is its own host', () => {
    const part = fc.constantFrom('a', 'b1', '-', '.', '1', '0', '255', '256', '0x1', 'xn--', ':', '[', ']', '::', 'ff', '_', 'A', '%41');
    holds(
      fc.array(part, { maxLength: 7 }).map((parts) => parts.join('')),
      (name) => {
        if (!isServerName(name)) return;
        const { host } = new URL(`ws://${name}`);
        // The URL parser leaves out the scheme's own port.
        expect(name.replace(/:80$/, '')).to.equal(host);
      },
      5_000,
    );
  });

  it('finds one name for each IPv6 address', () => {
    holds(fc.array(fc.constantFrom(0, 0, 1, 0xffff, 0xdb8), { minLength: 8, maxLength: 8 }), (groups) => {
      const written = `[${groups.map((group) => group.toString(16)).join(':')}]`;
      // As the URL parser writes it, save for addresses that stand for IPv4 ones.
      const { host } = new URL(`ws://${written}`);
      expect(isServerName(host)).to.equal(true);
      expect(isServerName(written)).to.equal(written === host);
    });
  });

  it('makes key IDs and reads them', () => {
    holds(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => expect(publicKeyOf(keyId(key))).to.deep.equal(key));
    expect(() => keyId(new Uint8Array(31))).to.throw(TypeError);
  });

  it('knows the base58 of 32 bytes as decoding does', () => {
    const near = fc.tuple(fc.constantFrom(31, 32, 33), fc.constantFrom(0, 1, 2, 255), fc.uint8Array({ minLength: 33, maxLength: 33 }));
    holds(near, ([length, first, rest]) => {
      const bytes = Uint8Array.from([first, ...rest]).subarray(0, length);
      expect(isBase58Hash(base58encode(bytes))).to.equal(length === 32);
    });
    const digits = [...'123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'];
    holds(fc.string({ unit: fc.constantFrom(...digits), minLength: 42, maxLength: 45 }), (text) => {
      expect(isBase58Hash(text)).to.equal(base58decode(text)?.length === 32);
    });
  });

  it('knows a list that ascends', () => {
    expect([[], ['a'], ['a', 'b'], ['\ufffd', '\u{10000}']].map(ascends)).to.deep.equal([true, true, true, true]);
    expect(
      [
        ['b', 'a'],
        ['a', 'a'],
        ['\u{10000}', '\ufffd'],
      ].map(ascends),
    ).to.deep.equal([false, false, false]);
  });
});

describe('what is remembered of well-formed texts', () => {
  it('changes no answer, however many are asked about', () => {
    const asked: string[] = [];
    const isShort = wellFormed((text) => asked.push(text) > 0 && text.length < 4);
    for (let round = 0; round < 2; round++) for (let i = 0; i < 1_200; i++) expect(isShort(String(i)), String(i)).to.equal(i < 1_000);
    expect(isShort('7')).to.equal(isShort('7'));
    const before = asked.length;
    expect(isShort('7')).to.equal(true);
    expect(asked.length).to.equal(before);
    expect(isShort('1199')).to.equal(false);
    expect(asked.length).to.equal(before + 1);
  });
});
