import { base64encode, signerFromSeed, verifyPortable } from '@openguild/core';
import { expect } from 'chai';
import { pino } from 'pino';
import { fetch } from 'undici';
import { AnswerTooLargeError, GuardedFetch, PeerUnreachableError } from '../../src/federation/guarded-fetch.ts';
import { keyDocumentMessage } from '../../src/federation/key-document.ts';
import { FEDERATION_LIMITS } from '../../src/federation/limits.ts';
import { PeerDirectory } from '../../src/federation/peer-directory.ts';
import { ServerIdentity } from '../../src/services/server-keys.ts';
import { answerJson, HostilePeer } from './hostile-peer.ts';

const NOW = 1_760_000_000_000;
const root = signerFromSeed(new Uint8Array(32).fill(1));
const daily = signerFromSeed(new Uint8Array(32).fill(2));
const other = signerFromSeed(new Uint8Array(32).fill(3));
const setTimer = (ms: number, fn: () => void): (() => void) => {
  const timer = setTimeout(fn, ms);
  return () => clearTimeout(timer);
};

function document(name: string, change: Record<string, unknown> = {}, signer = root): Record<string, unknown> {
  const fields = { server_name: name, root: root.key_id, keys: [root.key_id, daily.key_id], valid_until_ts: NOW + 1_000_000, ...change };
  return { ...fields, signature: base64encode(signer.sign(keyDocumentMessage(fields as never))) };
}

describe('PeerDirectory', () => {
  let peer: HostilePeer;
  let guarded: GuardedFetch;
  let now = NOW;
  let directory: PeerDirectory;

  beforeEach(async () => {
    now = NOW;
    peer = await HostilePeer.start();
    guarded = new GuardedFetch({ fetch, setTimer }, { loopback: true, allow: [] }, 2_000);
    directory = new PeerDirectory({
      fetch: guarded,
      now: () => now,
      verify: async (checks) => checks.map((check) => verifyPortable(check)),
      loopback: true,
      limits: { ...FEDERATION_LIMITS, document_timeout_ms: 300 },
      documentMs: 3_600_000,
      logger: pino({ level: 'silent' }),
    });
  });

  afterEach(async () => {
    await guarded.close();
    await peer.stop();
  });

  function publish(body: unknown): void {
    peer.handle = (request, response) => (request.url === '/_federation/key' ? answerJson(response, body) : answerJson(response, {}, 404));
  }

  const fetches = (): number => peer.requests.filter(({ url }) => url === '/_federation/key').length;

  it('reads what a server publishes, once', async () => {
    publish(new ServerIdentity(peer.name, root, daily).keyDocument(NOW));
    const [first, second] = await Promise.all([directory.documentOf(peer.name), directory.documentOf(peer.name)]);
    expect(first).to.deep.equal(second);
    expect(first.ok && first.value.keys).to.deep.equal([root.key_id, daily.key_id]);
    expect(await directory.documentOf(peer.name)).to.deep.equal(first);
    expect(fetches()).to.equal(1);
    expect((await directory.baseOf(peer.name)).href).to.equal(`http://${peer.name}/`);
  });

  const lies: [string, (name: string) => unknown][] = [
    ['speaks of another server', () => document('evil.example')],
    ['is signed by another key', (name) => document(name, {}, other)],
    ['was changed after signing', (name) => ({ ...document(name), keys: [other.key_id] })],
    ['has expired', (name) => document(name, { valid_until_ts: NOW })],
    ['has no keys', (name) => document(name, { keys: [] })],
    ['has five keys', (name) => document(name, { keys: [1, 2, 3, 4, 5].map((n) => signerFromSeed(new Uint8Array(32).fill(n)).key_id) })],
    ['has a key twice', (name) => document(name, { keys: [root.key_id, root.key_id] })],
    ['has something that is no key', (name) => document(name, { keys: ['ed25519:abc'] })],
    ['is a list', () => []],
    ['is null', () => null],
  ];
  for (const [what, lie] of lies) {
    it(`FED-3: a document that ${what}`, async () => {
      publish(lie(peer.name));
      const result = await directory.documentOf(peer.name);
      expect(result.ok ? 'believed' : result.rule).to.be.oneOf(['FED-3', 'FED-5']);
    });
  }

  it('believes no document for longer than a week', async () => {
    publish(document(peer.name, { valid_until_ts: Number.MAX_SAFE_INTEGER }));
    const result = await directory.documentOf(peer.name);
    expect(result.ok && result.value.valid_until_ts).to.equal(NOW + 7 * 86_400_000);
  });

  it('FED-4: an unknown key has the document fetched again, at most once a minute', async () => {
    publish(document(peer.name));
    await directory.documentOf(peer.name);
    for (let i = 0; i < 5; i += 1) {
      const keys = await directory.keysOf(peer.name, other.key_id);
      expect(keys.ok && keys.value).to.not.include(other.key_id);
    }
    expect(fetches()).to.equal(1);
    now += 61_000;
    publish(document(peer.name, { keys: [root.key_id, other.key_id] }));
    const keys = await directory.keysOf(peer.name, other.key_id);
    expect(keys.ok && keys.value).to.include(other.key_id);
    expect(fetches()).to.equal(2);
  });

  it('remembers failures for a while', async () => {
    for (let i = 0; i < 5; i += 1) expect((await directory.documentOf(peer.name)).ok).to.equal(false);
    expect(fetches()).to.equal(1);
    now += FEDERATION_LIMITS.document_failure_ms + 1;
    publish(document(peer.name));
    expect((await directory.documentOf(peer.name)).ok).to.equal(true);
  });

  it('keeps a document that has not expired when the server is gone', async () => {
    publish(document(peer.name, { valid_until_ts: NOW + 20 * 3_600_000 }));
    await directory.documentOf(peer.name);
    peer.handle = (_request, response) => response.destroy();
    now += 2 * 3_600_000;
    expect((await directory.documentOf(peer.name)).ok).to.equal(true);
    now += 24 * 3_600_000;
    expect((await directory.documentOf(peer.name)).ok).to.equal(false);
  });

  it('FED-2: goes where .well-known says, if it speaks of that server and names a plain origin', async () => {
    const base = await HostilePeer.start();
    try {
      base.handle = (request, response) =>
        request.url === '/_federation/key' ? answerJson(response, document(peer.name)) : answerJson(response, {}, 404);
      peer.handle = (_request, response) => answerJson(response, { server_name: peer.name, federation: `http://${base.name}` });
      expect((await directory.documentOf(peer.name)).ok).to.equal(true);
      expect((await directory.baseOf(peer.name)).href).to.equal(`http://${base.name}/`);
    } finally {
      await base.stop();
    }
  });

  const discoveries: [string, (name: string) => unknown][] = [
    ['another name', () => ({ server_name: 'evil.example', federation: 'https://example.com' })],
    ['no URL', (name) => ({ server_name: name })],
    ['a path', (name) => ({ server_name: name, federation: 'https://example.com/x' })],
    ['a private address', (name) => ({ server_name: name, federation: 'http://10.0.0.1' })],
    ['a cloud metadata address', (name) => ({ server_name: name, federation: 'http://169.254.169.254' })],
    ['a file', (name) => ({ server_name: name, federation: 'file:///etc/passwd' })],
    ['a user name', (name) => ({ server_name: name, federation: 'https://a:b@example.com' })],
    ['a list', () => []],
  ];
  for (const [what, lie] of discoveries) {
    it(`FED-2: .well-known with ${what}`, async () => {
      peer.handle = (_request, response) => answerJson(response, lie(peer.name));
      expect((await directory.documentOf(peer.name)).ok).to.equal(false);
    });
  }

  for (const name of ['10.0.0.1', '169.254.169.254', '[::ffff:10.0.0.1]:80', 'a b', 'LOCALHOST', '../x', '']) {
    it(`asks nobody for ${JSON.stringify(name)}`, async () => {
      expect((await directory.documentOf(name)).ok).to.equal(false);
    });
  }

  it('keeps no more peers than it may', async () => {
    const small = new PeerDirectory({
      fetch: guarded,
      now: () => now,
      verify: async (checks) => checks.map(() => true),
      loopback: true,
      limits: { ...FEDERATION_LIMITS, peers: 1 },
      documentMs: 3_600_000,
      logger: pino({ level: 'silent' }),
    });
    publish(document(peer.name));
    await small.documentOf(peer.name);
    await small.documentOf('10.0.0.1');
    await small.documentOf(peer.name);
    expect(fetches()).to.equal(2);
  });
});

describe('GuardedFetch', () => {
  let peer: HostilePeer;
  let guarded: GuardedFetch;
  const options = { method: 'GET', headers: {}, timeoutMs: 300, maxBytes: 1_000 } as const;

  beforeEach(async () => {
    peer = await HostilePeer.start();
    guarded = new GuardedFetch({ fetch, setTimer }, { loopback: true, allow: [] }, 2_000);
  });

  afterEach(async () => {
    await guarded.close();
    await peer.stop();
  });

  async function failure(): Promise<unknown> {
    return guarded.fetch(new URL(`http://${peer.name}/x`), options).then(
      () => 'answered',
      (error: unknown) => error,
    );
  }

  it('reads an answer', async () => {
    peer.handle = (_request, response) => answerJson(response, { fine: true });
    const answer = await guarded.fetch(new URL(`http://${peer.name}/x`), options);
    expect(Buffer.from(answer.body).toString()).to.equal('{"fine":true}');
  });

  it('refuses an answer that announces too much', async () => {
    peer.handle = (_request, response) => response.writeHead(200, { 'content-length': '1001' }).end('x'.repeat(1001));
    expect(await failure()).to.be.instanceOf(AnswerTooLargeError);
  });

  it('cuts off an answer that does not end', async () => {
    peer.handle = (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(400)), 5);
      response.on('close', () => clearInterval(timer));
    };
    expect(await failure()).to.be.instanceOf(AnswerTooLargeError);
  });

  it('gives up on a trickle', async () => {
    peer.handle = (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    };
    const began = Date.now();
    expect(await failure()).to.be.instanceOf(PeerUnreachableError);
    expect(Date.now() - began).to.be.lessThan(1_500);
  });

  it('gives up on silence', async () => {
    peer.handle = () => undefined;
    expect(await failure()).to.be.instanceOf(PeerUnreachableError);
  });

  it('follows no redirect', async () => {
    peer.handle = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect(await failure()).to.be.instanceOf(PeerUnreachableError);
    expect(peer.requests.map(({ url }) => url)).to.deep.equal(['/x']);
  });

  it('unpacks nothing', async () => {
    peer.handle = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip');
    expect(await failure()).to.be.instanceOf(PeerUnreachableError);
  });

  it('does not reach private addresses by name or by number', async () => {
    const strict = new GuardedFetch({ fetch, setTimer }, { loopback: false, allow: [] }, 500);
    try {
      for (const url of [`http://${peer.name}/`, `https://${peer.name}/`, 'https://127.0.0.1/', 'https://10.0.0.1/']) {
        const error = await strict.fetch(new URL(url), options).catch((caught: unknown) => caught);
        expect(error, url).to.be.instanceOf(PeerUnreachableError);
      }
      expect(peer.requests).to.deep.equal([]);
    } finally {
      await strict.close();
    }
  });
});
