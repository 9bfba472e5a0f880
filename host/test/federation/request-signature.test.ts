import { verifyPortable, ok, fail, signerFromSeed, type SignatureCheck } from '@openguild/core';
import { expect } from 'chai';
import { contentDigest, matchesContentDigest } from '../../src/federation/content-digest.ts';
import { NonceCache } from '../../src/federation/nonce-cache.ts';
import { signRequest } from '../../src/federation/sign-request.ts';
import { type IncomingRequest, type RequestVerifier, verifyRequest } from '../../src/federation/verify-request.ts';

const NOW = 1_760_000_000_000;
const signer = signerFromSeed(new Uint8Array(32).fill(7));
const stranger = signerFromSeed(new Uint8Array(32).fill(8));
const BODY = new TextEncoder().encode('{"origin":"a.example","pdus":[],"edus":[]}');

interface Signed {
  readonly url?: string;
  readonly body?: Uint8Array | undefined;
  readonly method?: 'GET' | 'POST';
  readonly origin?: string;
  readonly destination?: string;
  readonly signer?: typeof signer;
  readonly now?: number;
  readonly nonce?: Uint8Array;
}

/** A request as it would arrive at b.example, signed by a.example unless told otherwise. */
function request(options: Signed = {}): IncomingRequest & { headers: Record<string, string> } {
  const url = new URL(options.url ?? 'https://b.example/_federation/send/1?x=%2F');
  const body = 'body' in options ? options.body : BODY;
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  const headers: Record<string, string> = {
    host: url.host,
    ...signRequest({ method, url, body }, options.destination ?? 'b.example', {
      origin: options.origin ?? 'a.example',
      signer: options.signer ?? signer,
      now: options.now ?? NOW,
      nonce: options.nonce ?? new Uint8Array(16).fill(1),
    }),
  };
  return asIncoming(method, `${url.pathname}${url.search}`, headers, body ?? new Uint8Array(0));
}

function asIncoming(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: Uint8Array,
): IncomingRequest & { headers: Record<string, string> } {
  return { method, url, headers, rawHeaders: Object.entries(headers).flat(), body };
}

function verifier(overrides: Partial<RequestVerifier> = {}): RequestVerifier {
  return {
    serverName: 'b.example',
    now: () => NOW,
    keysOf: async (server) => (server === 'a.example' ? ok([signer.key_id]) : fail('FED-5', 'unknown')),
    verify: async (checks: readonly SignatureCheck[]) => checks.map((check) => verifyPortable(check)),
    nonces: new NonceCache({ perOrigin: 100, total: 1000 }),
    ...overrides,
  };
}

async function ruleOf(incoming: IncomingRequest, overrides: Partial<RequestVerifier> = {}): Promise<string> {
  const result = await verifyRequest(incoming, verifier(overrides));
  return result.ok ? `ok ${result.value.origin}` : result.rule;
}

function changed(base: ReturnType<typeof request>, headers: Record<string, string | undefined>): IncomingRequest {
  const merged = Object.fromEntries(
    Object.entries({ ...base.headers, ...headers }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return asIncoming(base.method, base.url, merged, base.body);
}

describe('signatures of requests between servers', () => {
  it('accepts a request with a body', async () => {
    expect(await ruleOf(request())).to.equal('ok a.example');
  });

  it('accepts a request without one', async () => {
    expect(await ruleOf(request({ body: undefined, url: 'https://b.example/_federation/state?room_id=%21x' }))).to.equal('ok a.example');
  });

  it('accepts a host with a port', async () => {
    expect(await ruleOf(request({ url: 'http://localhost:8008/_federation/heads' }))).to.equal('ok a.example');
  });

  for (const name of ['openguild-origin', 'openguild-destination', 'signature', 'signature-input']) {
    it(`FED-10: ${name} is missing`, async () => {
      expect(await ruleOf(changed(request(), { [name]: undefined }))).to.equal('FED-10');
    });

    it(`FED-10: ${name} comes twice`, async () => {
      const base = request();
      const twice = { ...base, rawHeaders: [...base.rawHeaders, name.toUpperCase(), base.headers[name] ?? ''] };
      expect(await ruleOf(twice)).to.equal('FED-10');
    });
  }

  it('FED-10: content-digest comes twice', async () => {
    const base = request();
    expect(await ruleOf({ ...base, rawHeaders: [...base.rawHeaders, 'Content-Digest', contentDigest(BODY)] })).to.equal('FED-10');
  });

  for (const origin of ['b.example', 'A.example', '', 'a.example/../x', 'a.example:0', 'user@a.example']) {
    it(`FED-11: origin ${JSON.stringify(origin)}`, async () => {
      expect(await ruleOf(changed(request(), { 'openguild-origin': origin }))).to.equal('FED-11');
    });
  }

  it('FED-12: meant for another server', async () => {
    expect(await ruleOf(request({ destination: 'c.example' }))).to.equal('FED-12');
  });

  it('FED-13: the body was changed', async () => {
    const base = request();
    const body = Uint8Array.from(base.body);
    body[3] = (body[3] ?? 0) ^ 1;
    expect(await ruleOf({ ...base, body })).to.equal('FED-13');
  });

  for (const digest of [undefined, '', 'sha-256', 'sha-256="x"', 'sha-256=:AAAA:', 'sha-512=:AAAA:', 'sha-256=(:AAAA:)', ':::']) {
    it(`FED-13: Content-Digest ${JSON.stringify(digest)}`, async () => {
      expect(await ruleOf(changed(request(), { 'content-digest': digest }))).to.equal('FED-13');
    });
  }

  it('FED-14: Signature-Input without our label, or not a dictionary', async () => {
    const base = request();
    const input = base.headers['signature-input'] ?? '';
    expect(await ruleOf(changed(base, { 'signature-input': input.replace('openguild=', 'other=') }))).to.equal('FED-14');
    expect(await ruleOf(changed(base, { 'signature-input': '(((' }))).to.equal('FED-14');
    expect(await ruleOf(changed(base, { 'signature-input': 'openguild=1' }))).to.equal('FED-14');
  });

  it('FED-14: labels of the two fields differ, or one comes twice', async () => {
    const base = request();
    expect(await ruleOf(changed(base, { signature: (base.headers['signature'] ?? '').replace('openguild=', 'other=') }))).to.equal(
      'FED-14',
    );
    expect(await ruleOf(changed(base, { signature: `${base.headers['signature']}, ${base.headers['signature']}` }))).to.equal('FED-14');
  });

  for (const name of ['@method', '@authority', '@path', '@query', 'openguild-origin', 'openguild-destination', 'content-digest']) {
    it(`FED-15: ${name} is not covered`, async () => {
      const base = request();
      const input = (base.headers['signature-input'] ?? '')
        .replace(`"${name}"`, '')
        .replace('  ', ' ')
        .replace('( ', '(')
        .replace(' )', ')');
      expect(await ruleOf(changed(base, { 'signature-input': input }))).to.equal('FED-15');
    });
  }

  const parameter = (name: string, value: string | undefined) => async (): Promise<void> => {
    const base = request();
    const pattern = new RegExp(`;${name}=("[^"]*"|[0-9]+)`);
    const input = (base.headers['signature-input'] ?? '').replace(pattern, value === undefined ? '' : `;${name}=${value}`);
    expect(input).not.to.equal(base.headers['signature-input']);
    expect(await ruleOf(changed(base, { 'signature-input': input }))).to.equal('FED-16');
  };
  for (const name of ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag']) it(`FED-16: ${name} is missing`, parameter(name, undefined));
  it('FED-16: created is no integer', parameter('created', '"1"'));
  it('FED-16: expires is a decimal', parameter('expires', '1.5'));
  it('FED-16: short nonce', parameter('nonce', '"abc"'));
  it('FED-16: another algorithm', parameter('alg', '"hmac-sha256"'));
  it('FED-16: another purpose', parameter('tag', '"openguild-login"'));

  it('FED-17: clocks may differ by a minute, no more', async () => {
    const at = (seconds: number): Promise<string> => ruleOf(request({ now: NOW + seconds * 1000 }));
    expect(await at(60)).to.equal('ok a.example');
    expect(await at(61)).to.equal('FED-17');
    // Alive for 60 s, and a minute of skew.
    expect(await at(-120)).to.equal('ok a.example');
    expect(await at(-121)).to.equal('FED-17');
  });

  it('FED-17: a signature that lives too long, or ends before it begins', async () => {
    const base = request();
    const seconds = NOW / 1000;
    for (const expires of [seconds + 61, seconds, seconds - 1]) {
      const input = (base.headers['signature-input'] ?? '').replace(/;expires=[0-9]+/, `;expires=${expires}`);
      expect(await ruleOf(changed(base, { 'signature-input': input })), String(expires)).to.equal('FED-17');
    }
  });

  it('FED-18: a key that the origin does not publish, or no key at all', async () => {
    expect(await ruleOf(request({ signer: stranger }))).to.equal('FED-18');
    const base = request();
    const input = (base.headers['signature-input'] ?? '').replace(/;keyid="[^"]*"/, ';keyid="ed25519:0"');
    expect(await ruleOf(changed(base, { 'signature-input': input }))).to.equal('FED-18');
  });

  it('FED-5: an origin whose keys cannot be had', async () => {
    expect(await ruleOf(request({ origin: 'c.example' }))).to.equal('FED-5');
  });

  it('FED-19: anything covered was changed', async () => {
    const base = request();
    expect(await ruleOf({ ...base, method: 'PUT' })).to.equal('FED-19');
    expect(await ruleOf({ ...base, url: '/_federation/send/2?x=%2F' })).to.equal('FED-19');
    expect(await ruleOf({ ...base, url: '/_federation/send/1?x=/' })).to.equal('FED-19');
    expect(await ruleOf({ ...base, url: '/_federation/send/1' })).to.equal('FED-19');
    expect(await ruleOf(changed(base, { host: 'c.example' }))).to.equal('FED-19');
    const other = request({ nonce: new Uint8Array(16).fill(2) });
    expect(await ruleOf(changed(base, { signature: other.headers['signature'] }))).to.equal('FED-19');
    expect(await ruleOf(changed(base, { signature: 'openguild=:AAAA:' }))).to.equal('FED-19');
  });

  it('FED-20: a replay, also at the end of its life', async () => {
    let now = NOW;
    const parts = { nonces: new NonceCache({ perOrigin: 100, total: 1000 }), now: () => now };
    const incoming = request();
    expect(await ruleOf(incoming, parts)).to.equal('ok a.example');
    expect(await ruleOf(incoming, parts)).to.equal('FED-20');
    now = NOW + 120_000;
    expect(await ruleOf(incoming, parts)).to.equal('FED-20');
    now = NOW + 121_000;
    expect(await ruleOf(incoming, parts)).to.equal('FED-17');
  });

  it('a wrong signature uses up no nonce', async () => {
    const parts = { nonces: new NonceCache({ perOrigin: 100, total: 1000 }) };
    const incoming = request();
    expect(await ruleOf({ ...incoming, method: 'PUT' }, parts)).to.equal('FED-19');
    expect(await ruleOf(incoming, parts)).to.equal('ok a.example');
  });

  it('FED-21: more requests than nonces are kept', async () => {
    const parts = { nonces: new NonceCache({ perOrigin: 2, total: 1000 }) };
    const nth = (n: number): Promise<string> => ruleOf(request({ nonce: new Uint8Array(16).fill(n) }), parts);
    expect([await nth(1), await nth(2), await nth(3)]).to.deep.equal(['ok a.example', 'ok a.example', 'FED-21']);
  });

  it('fetches nothing for a request that is malformed', async () => {
    let asked = 0;
    const keysOf: RequestVerifier['keysOf'] = async () => {
      asked += 1;
      return ok([signer.key_id]);
    };
    const base = request();
    await ruleOf(changed(base, { 'openguild-destination': 'c.example' }), { keysOf });
    await ruleOf({ ...base, body: new Uint8Array(1) }, { keysOf });
    await ruleOf(request({ now: NOW - 1_000_000 }), { keysOf });
    expect(asked).to.equal(0);
  });
});

describe('NonceCache', () => {
  it('forgets what has expired and stays within its bounds', () => {
    const nonces = new NonceCache({ perOrigin: 3, total: 5 });
    for (const nonce of ['1', '2', '3']) expect(nonces.use('a', nonce, 100, 0)).to.equal('fresh');
    expect(nonces.use('a', '4', 100, 50)).to.equal('full');
    expect(nonces.use('b', '1', 100, 50)).to.equal('fresh');
    expect(nonces.use('b', '2', 100, 50)).to.equal('fresh');
    expect(nonces.use('c', '1', 100, 50)).to.equal('full');
    expect(nonces.use('a', '4', 200, 101)).to.equal('fresh');
    expect(nonces.use('c', '1', 200, 101)).to.equal('fresh');
    expect(nonces.size).to.be.at.most(5);
  });
});

describe('Content-Digest', () => {
  it('is the one of RFC 9530', () => {
    // RFC 9530, appendix B.1: {"hello": "world"} and a line feed.
    const body = new TextEncoder().encode('{"hello": "world"}\n');
    expect(contentDigest(body)).to.equal('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:');
    expect(matchesContentDigest(`sha-512=:AAAA:, ${contentDigest(body)}`, body)).to.equal(true);
  });
});
