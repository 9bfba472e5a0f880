import { expect } from 'chai';
import { keyMemory, PORTABLE_SIGNATURES, sha256, type SignatureCheck, signerFromSeed, utf8Encode, verifyWith } from '@openguild/core';
import { edgeSignatures } from '@openguild/spec';
import { MemoryStore, VerifierPool } from '@openguild/storage';
import { packChecks, unpackChecks } from '../src/signatures/packed-checks.ts';
import { OLGA, twoServers } from './runner/two-servers.ts';

const signer = signerFromSeed(sha256(utf8Encode('pool')));

function signed(text: string): SignatureCheck {
  const message = utf8Encode(text);
  return { key_id: signer.key_id, public_key: signer.publicKey, message, signature: signer.sign(message) };
}

describe('a pool of verifying threads', function () {
  this.timeout(60_000);
  const edge: SignatureCheck[] = (['strict-cofactorless', 'published-keys'] as const).flatMap((rule) =>
    edgeSignatures().map(({ public_key, message, signature }) => ({ key_id: '', public_key, message, signature, rule })),
  );
  let pool: VerifierPool;
  before(() => {
    pool = new VerifierPool(2);
  });
  after(() => pool.close());

  it('passes checks on as they are', () => {
    const odd = {
      key_id: '',
      public_key: new Uint8Array(3).fill(1),
      signature: new Uint8Array(0),
      message: new Uint8Array(70_000).fill(7),
    };
    const checks = [...edge, { ...signed('x'), key_id: '' }, odd];
    expect(unpackChecks(packChecks(checks))).to.deep.equal(checks);
    expect(unpackChecks(packChecks([]))).to.deep.equal([]);
  });

  it('says what the portable backend says, in the order of asking, whoever asks with whom', async () => {
    const keys = keyMemory();
    const expected = edge.map((check) => verifyWith(PORTABLE_SIGNATURES, check, keys));
    const [whole, ...single] = await Promise.all([pool.verify(edge), ...edge.map((check) => pool.verify([check]))]);
    expect(whole).to.deep.equal(expected);
    expect(single).to.deep.equal(expected.map((valid) => [valid]));
    expect(await pool.verify([])).to.deep.equal([]);
  });

  it('answers more than all threads take at a time', async () => {
    const checks = Array.from({ length: 500 }, (_, i) =>
      i % 3 === 0 ? { ...signed(`${i}`), message: utf8Encode('other') } : signed(`${i}`),
    );
    expect(await pool.verify(checks)).to.deep.equal(checks.map((_, i) => i % 3 !== 0));
  });

  it('serves a runner', async () => {
    const { a, b, guild, channel, channelCreate } = await twoServers({ a: new MemoryStore(), b: new MemoryStore(), verify: pool.verify });
    await b.receive(channelCreate);
    const sent = [await a.say(channel, OLGA, '1'), await a.say(channel, OLGA, '2')];
    expect((await Promise.all(sent.map((event) => b.receive(event)))).map(({ kind }) => kind)).to.deep.equal(['accepted', 'accepted']);
    expect(await b.view(channel)).to.deep.equal(await a.view(channel));
    expect(await b.view(guild)).to.deep.equal(await a.view(guild));
  });

  it('fails what a thread dies of, and nothing else', async () => {
    const own = new VerifierPool(1, new URL('./dying-worker.ts', import.meta.url));
    for (const deadly of ['die', 'err']) {
      const asked = ['a', 'b', deadly, 'c'].map((text) => own.verify([signed(text)]).catch((error: Error) => error.message));
      expect(await Promise.all(asked)).to.deep.equal([[true], [true], 'a verifying thread failed over a signature', [true]]);
    }
    await own.close();
    expect(await own.verify([signed('a')]).catch((error: Error) => error.message)).to.match(/closed/);
    expect(() => new VerifierPool(0)).to.throw(RangeError);
  });

  it('fails what is asked where threads do not start', async () => {
    const own = new VerifierPool(2, new URL('./no-such-worker.ts', import.meta.url));
    expect(await own.verify([signed('a')]).catch((error: Error) => error.message)).to.match(/do not start|closed/);
  });
});
