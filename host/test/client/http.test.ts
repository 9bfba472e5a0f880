import { connect } from 'node:net';
import { expect } from 'chai';
import type { TestClient } from './test-client.ts';
import { TEST_LIMITS, TestHost } from './test-host.ts';

describe('client API: bad input', () => {
  let host: TestHost;
  let alice: TestClient;
  let channel: string;
  before(async () => {
    host = await TestHost.start({ limits: { ...TEST_LIMITS, body_timeout_ms: 300, headers_timeout_ms: 500 } });
    alice = await host.register('alice');
    channel = await alice.channel(await alice.guild());
  });
  after(() => host.stop());

  /** What the host answers to bytes written on a bare connection, once it has closed it. */
  const raw = (bytes: string, ms = 4_000): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += String(data);
      });
      socket.on('error', () => resolve(answer));
      socket.on('close', () => resolve(answer));
      setTimeout(() => socket.destroy(), ms);
      socket.write(bytes);
    });

  it('refuses JSON that is not strict, naming the rule, and changes nothing', async () => {
    const path = `/client/v1/rooms/${channel}/send`;
    const before = await alice.get(`/client/v1/rooms/${channel}/state_hash`);
    const bad = [
      '{',
      'nonsense',
      '{"content":{},"txn_id":"1",}',
      '{"content":{"n":1.0},"txn_id":"1"}',
      '{"content":{"n":1.5},"txn_id":"1"}',
      '{"content":{"n":1e3},"txn_id":"1"}',
      '{"content":{"n":-0},"txn_id":"1"}',
      '{"content":{"n":9007199254740992},"txn_id":"1"}',
      '{"content":{"n":NaN},"txn_id":"1"}',
      '{"content":{"a":1,"a":2},"txn_id":"1"}',
      '{"content":{"a":1,"\\u0061":2},"txn_id":"1"}',
      '{"content":{},"txn_id":"1"} x',
      '\uFEFF{"content":{},"txn_id":"1"}',
      '{"content":{"s":"\\ud800"},"txn_id":"1"}',
      `{"content":${'['.repeat(100_000 / 2)}${']'.repeat(100_000 / 2)},"txn_id":"1"}`,
    ];
    for (const body of bad) {
      const answer = await alice.request('POST', path, body);
      expect([answer.status, answer.body.error.code], body.slice(0, 60)).to.deep.equal([400, 'BAD_JSON']);
      expect(answer.body.error.rule, body.slice(0, 60)).to.match(/^CJ-[0-9]+$/);
    }
    const invalidUtf8 = await alice.request('POST', path, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    expect(invalidUtf8.body.error.code).to.equal('BAD_JSON');
    expect(await alice.get(`/client/v1/rooms/${channel}/state_hash`)).to.deep.equal(before);
    expect(await alice.texts(channel)).to.deep.equal([]);
  });

  it('refuses bodies that do not fit their schema, naming the place', async () => {
    const path = `/client/v1/rooms/${channel}/send`;
    for (const body of [
      null,
      [],
      'text',
      {},
      { content: {} },
      { content: [], txn_id: '1' },
      { content: {}, txn_id: '' },
      { content: {}, txn_id: '1', sender: '@bob:a.example.com' },
    ]) {
      await alice.fails(400, 'BAD_REQUEST', 'POST', path, JSON.stringify(body));
    }
    expect((await alice.fails(400, 'BAD_REQUEST', 'POST', path, { content: {}, txn_id: 7 })).message).to.contain('/txn_id');
  });

  it('keeps the keys of objects harmless', async () => {
    const content = '{"body":"x","__proto__":{"admin":true},"constructor":1,"hasOwnProperty":2}';
    await alice.request('POST', `/client/v1/rooms/${channel}/send`, `{"content":${content},"txn_id":"proto"}`);
    const { events } = await alice.get(`/client/v1/rooms/${channel}/messages?limit=1`);
    expect(JSON.stringify(events[0].content)).to.contain('"__proto__":{"admin":true}');
    expect(({} as Record<string, unknown>)['admin']).to.equal(undefined);
  });

  it('API-1: refuses bodies and contents that are too large', async () => {
    const path = `/client/v1/rooms/${channel}/send`;
    const big = JSON.stringify({ content: { body: 'x'.repeat(200_000) }, txn_id: 'big' });
    await alice.fails(413, 'TOO_LARGE', 'POST', path, big);
    const error = await alice.fails(413, 'TOO_LARGE', 'POST', path, { content: { body: 'x'.repeat(60_000) }, txn_id: 'big' });
    expect(error.rule).to.equal('API-1');
    await alice.post(path, { content: { body: 'x'.repeat(57_000) }, txn_id: 'large' });
    const { events } = await alice.get(`/client/v1/rooms/${channel}/messages?limit=1`);
    expect(events[0].content.body).to.have.length(57_000);
  });

  it('reads no compressed bodies', async () => {
    const answer = await alice.request('POST', '/client/v1/guilds', 'x', { 'Content-Encoding': 'gzip' });
    expect([answer.status, answer.body.error.code]).to.deep.equal([400, 'BAD_REQUEST']);
  });

  it('answers unknown paths, wrong methods and malformed paths', async () => {
    await alice.fails(404, 'NOT_FOUND', 'GET', '/');
    await alice.fails(404, 'NOT_FOUND', 'GET', '/client/v2/sync');
    const answer = await alice.request('DELETE', '/client/v1/sync');
    expect([answer.status, answer.body.error.code, answer.headers.get('allow')]).to.deep.equal([405, 'METHOD_NOT_ALLOWED', 'GET']);
    await alice.fails(400, 'BAD_REQUEST', 'GET', '/client/v1/guilds/%E0%A4%A');
  });

  it('sends the headers that keep browsers harmless, and no others about itself', async () => {
    for (const path of ['/health', '/client/v1/versions', '/nothing', '/client/v1/whoami']) {
      const { headers } = await alice.request('GET', path);
      expect(headers.get('x-content-type-options'), path).to.equal('nosniff');
      expect(headers.get('content-security-policy'), path).to.contain("default-src 'none'");
      expect(headers.get('cache-control'), path).to.equal('no-store');
      expect(headers.get('x-powered-by'), path).to.equal(null);
      expect(headers.get('access-control-allow-origin'), path).to.equal(null);
    }
    expect(await alice.get('/health')).to.deep.equal({ status: 'ok' });
    expect((await alice.get('/client/v1/versions')).versions).to.deep.equal(['v1']);
  });

  it('gives up on bodies and headers that trickle in', async () => {
    const head = `POST /client/v1/guilds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\nContent-Length: 50\r\n\r\n{`;
    expect(await raw(head)).to.match(/^HTTP\/1\.1 408 .*"TIMED_OUT"/s);
    expect(await raw('GET /health HTTP/1.1\r\nHost: x\r\n', 8_000)).to.match(/^(HTTP\/1\.1 408|$)/);
  }).timeout(15_000);

  it('survives garbage, header floods and requests that end early', async () => {
    expect(await raw('\u0000\u0001garbage\r\n\r\n')).to.match(/^HTTP\/1\.1 400/);
    expect(await raw(`GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)).to.match(/^HTTP\/1\.1 431/);
    const smuggled = 'POST /client/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await raw(smuggled)).to.match(/^HTTP\/1\.1 400/);
    const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
    socket.write('POST /client/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"username"', () => socket.destroy());
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await alice.get('/health')).to.deep.equal({ status: 'ok' });
  });
});
