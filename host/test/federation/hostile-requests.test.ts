import { type JsonValue } from '@openguild/core';
import { expect } from 'chai';
import { contentDigest } from '../../src/federation/content-digest.ts';
import { type Answer, FakeServer } from './fake-server.ts';
import { type HostileWorld, hostileWorld, refusal } from './hostile-world.ts';

describe('hostile servers: requests', function () {
  this.timeout(60_000);
  let world: HostileWorld;
  let host: HostileWorld['host'];
  let mallory: HostileWorld['mallory'];
  let stranger: HostileWorld['stranger'];

  before(async () => {
    world = await hostileWorld();
    ({ host, mallory, stranger } = world);
  });

  after(() => world?.stop());

  const post = (tamper: Parameters<FakeServer['request']>[4], body: JsonValue = { rooms: {} }): Promise<Answer> =>
    mallory.request(host, 'POST', '/_federation/heads', body, tamper);

  it('a good one is answered', async () => {
    expect((await post({})).status).to.equal(200);
  });

  it('no signature at all', async () => {
    const response = await fetch(`http://${host.name}/_federation/heads`, { method: 'POST', body: '{"rooms":{}}' });
    expect(response.status).to.equal(401);
    expect(((await response.json()) as { error: object }).error).to.include({ code: 'BAD_SIGNATURE', rule: 'FED-10' });
  });

  const cases: [string, string, () => Parameters<FakeServer['request']>[4]][] = [
    ['a missing signature', 'FED-10', () => ({ headers: { signature: undefined } })],
    ['our own name as origin', 'FED-11', () => ({ headers: { 'openguild-origin': host.name } })],
    ['a request for somebody else', 'FED-12', () => ({ destination: 'c.example' })],
    ['a changed body', 'FED-13', () => ({ body: new TextEncoder().encode('{"rooms":{ }}') })],
    ['a wrong digest', 'FED-13', () => ({ headers: { 'content-digest': contentDigest(new Uint8Array(3)) } })],
    [
      'a changed body with its digest',
      'FED-19',
      () => ({
        body: new TextEncoder().encode('{"rooms":{ }}'),
        headers: { 'content-digest': contentDigest(new TextEncoder().encode('{"rooms":{ }}')) },
      }),
    ],
    ['an expired signature', 'FED-17', () => ({ now: Date.now() - 180_000 })],
    ['a signature from the future', 'FED-17', () => ({ now: Date.now() + 120_000 })],
    ['another path', 'FED-19', () => ({ url: '/_federation/missing_events' })],
    ['another query', 'FED-19', () => ({ url: '/_federation/heads?x=1' })],
    ['another origin', 'FED-18', () => ({ headers: { 'openguild-origin': stranger.name } })],
  ];
  for (const [what, rule, tamper] of cases) {
    it(`${what}: ${rule}`, async () => {
      expect(refusal(await post(tamper()))).to.deep.equal([401, 'BAD_SIGNATURE', rule]);
    });
  }

  it('a replay: FED-20', async () => {
    const same = { nonce: new Uint8Array(16).fill(77), now: Date.now() };
    expect((await post(same)).status).to.equal(200);
    expect(refusal(await post(same))).to.deep.equal([401, 'BAD_SIGNATURE', 'FED-20']);
  });

  it('an origin that does not exist: FED-5', async () => {
    expect(refusal(await post({ headers: { 'openguild-origin': 'localhost:1' } }))).to.deep.equal([401, 'BAD_SIGNATURE', 'FED-5']);
  });

  it('an origin at a private address is never asked for its keys: FED-5', async () => {
    for (const origin of ['10.0.0.1', '169.254.169.254', '0.0.0.0:80', '[fd00::1]']) {
      expect(refusal(await post({ headers: { 'openguild-origin': origin } })), origin).to.deep.equal([401, 'BAD_SIGNATURE', 'FED-5']);
    }
  });

  it('a key document that lies: FED-5 or FED-3', async () => {
    const liar = await FakeServer.start();
    try {
      liar.keyDocument = () => stranger.identity.keyDocument(Date.now());
      const [status, code, rule] = refusal(await liar.request(host, 'POST', '/_federation/heads', { rooms: {} }));
      expect([status, code]).to.deep.equal([401, 'BAD_SIGNATURE']);
      expect(rule).to.be.oneOf(['FED-3', 'FED-5']);
    } finally {
      await liar.stop();
    }
  });

  for (const [what, text, code, rule] of [
    ['malformed JSON', '{"rooms":', 'BAD_JSON', /^CJ-/],
    ['a float', '{"rooms":1.5}', 'BAD_JSON', /^CJ-/],
    ['duplicate keys', '{"rooms":{},"rooms":{}}', 'BAD_JSON', /^CJ-/],
    ['a byte order mark', '\uFEFF{"rooms":{}}', 'BAD_JSON', /^CJ-/],
    ['a huge number', '{"rooms":{},"x":9007199254740993}', 'BAD_JSON', /^CJ-/],
    ['deep nesting', `{"rooms":{},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'BAD_JSON', /^CJ-/],
    ['a list', '[]', 'BAD_REQUEST', undefined],
    ['no rooms', '{}', 'BAD_REQUEST', undefined],
    ['a room that is none', '{"rooms":{"x":{"heads":[],"state_hash":"1"}}}', 'BAD_REQUEST', undefined],
  ] as const) {
    it(`${what} in the body: ${code}`, async () => {
      const answer = await mallory.request(host, 'POST', '/_federation/heads', new TextEncoder().encode(text));
      expect(answer.status).to.equal(400);
      expect(answer.body.error?.code).to.equal(code);
      if (rule !== undefined) expect(answer.body.error?.rule).to.match(rule);
    });
  }

  it('a body of another content type, or a compressed one, is read as JSON or not at all', async () => {
    const parts = '--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n{}\r\n--x--\r\n';
    for (const type of ['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'text/xml', '', 'x'.repeat(5_000)]) {
      expect((await post({ headers: { 'content-type': type } })).status, type).to.equal(200);
      const answer = await mallory.request(host, 'POST', '/_federation/heads', new TextEncoder().encode(parts), {
        headers: { 'content-type': type },
      });
      expect(refusal(answer), type).to.deep.equal([400, 'BAD_JSON', 'CJ-3']);
    }
    for (const encoding of ['gzip', 'br', 'deflate', 'gzip, gzip'])
      expect(refusal(await post({ headers: { 'content-encoding': encoding } })).slice(0, 2), encoding).to.deep.equal([400, 'BAD_REQUEST']);
  });

  it('a body of more than the limit: TOO_LARGE', async () => {
    const answer = await mallory.request(host, 'POST', '/_federation/code', new TextEncoder().encode(`{"code":"${'x'.repeat(100_000)}"}`));
    expect(refusal(answer).slice(0, 2)).to.deep.equal([413, 'TOO_LARGE']);
  });
});
