import { expect } from 'chai';
import type { TestClient } from './test-client.ts';
import { SERVER_NAME, TEST_LIMITS, TestHost } from './test-host.ts';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('client API: media', () => {
  let host: TestHost;
  let alice: TestClient;
  before(async () => {
    host = await TestHost.start({ limits: { ...TEST_LIMITS, max_media_bytes: 100_000 } });
    alice = await host.register('alice');
  });
  after(() => host.stop());

  const upload = async (bytes: Uint8Array, name = '', headers: Record<string, string> = {}) => {
    const answer = await alice.request(
      'PUT',
      `/client/v1/media/upload${name === '' ? '' : `?file_name=${encodeURIComponent(name)}`}`,
      bytes,
      headers,
    );
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    return answer.body;
  };
  const download = async (uri: string) => {
    const response = await fetch(`${host.url}/client/v1/media/${uri.slice('mxc://'.length)}`, {
      headers: { Authorization: `Bearer ${alice.token}` },
    });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  it('gives back the same bytes, a safe image as what it is', async () => {
    const kept = await upload(PNG, 'dot.png', { 'Content-Type': 'text/html' });
    expect(kept).to.deep.include({ content_type: 'image/png', size: PNG.length, file_name: 'dot.png' });
    expect(kept.uri).to.match(new RegExp(`^mxc://${SERVER_NAME}/[1-9A-HJ-NP-Za-km-z]{16,64}$`));
    const got = await download(kept.uri);
    expect(got.status).to.equal(200);
    expect(got.bytes.equals(PNG)).to.equal(true);
    expect(got.headers.get('content-type')).to.equal('image/png');
    expect(got.headers.get('content-disposition')).to.equal(`inline; filename="dot.png"; filename*=UTF-8''dot.png`);
    expect(got.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(got.headers.get('content-security-policy')).to.equal("default-src 'none'; sandbox");
  });

  it('API-7: serves HTML, SVG, scripts and text as attachments of no type, whatever they claim', async () => {
    const files = [
      '<html><script>alert(1)</script></html>',
      '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
      '<?xml version="1.0"?><svg/>',
      'alert(1)',
      'plain',
    ];
    for (const text of files) {
      const kept = await upload(Buffer.from(text), 'x.png', { 'Content-Type': 'image/png' });
      const got = await download(kept.uri);
      expect(got.headers.get('content-type'), text).to.equal('application/octet-stream');
      expect(got.headers.get('content-disposition'), text).to.match(/^attachment;/);
      expect(got.bytes.toString()).to.equal(text);
    }
    const pdf = await download((await upload(Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj\n'))).uri);
    expect(pdf.headers.get('content-disposition')).to.equal('attachment');
  });

  it('API-7: keeps file names from becoming headers, paths or disguises', async () => {
    const names: [string, RegExp][] = [
      ['a"; filename="evil.html', /^attachment; filename="a_ filename_evil\.html"; filename\*=UTF-8''a%3B%20filename%3Devil\.html$/],
      ['a\r\nSet-Cookie: x=1', /^attachment; filename="aSet-Cookie_ x_1"; filename\*=UTF-8''aSet-Cookie%3A%20x%3D1$/],
      ['../../etc/passwd', /^attachment; filename="passwd"; filename\*=UTF-8''passwd$/],
      ['C:\\windows\\x.exe', /^attachment; filename="x\.exe"; filename\*=UTF-8''x\.exe$/],
      ['photo\u202Egnp.exe', /^attachment; filename="photognp\.exe"; filename\*=UTF-8''photognp\.exe$/],
      ['Grüße.txt', /^attachment; filename="Gr__e\.txt"; filename\*=UTF-8''Gr%C3%BC%C3%9Fe\.txt$/],
      ['..', /^attachment$/],
      ['\u0000', /^attachment$/],
      [`${'x'.repeat(400)}.txt`, /^attachment; filename="x{255}";/],
    ];
    for (const [name, expected] of names) {
      const got = await download((await upload(Buffer.from('x'), name)).uri);
      expect(got.status, JSON.stringify(name)).to.equal(200);
      expect(got.headers.get('content-disposition'), JSON.stringify(name)).to.match(expected);
      expect(got.headers.get('set-cookie')).to.equal(null);
    }
  });

  it('refuses what is too long, declared or not, and keeps nothing of it', async () => {
    const big = new Uint8Array(100_001);
    const declared = await alice.request('PUT', '/client/v1/media/upload', big);
    expect([declared.status, declared.body.error.code]).to.deep.equal([413, 'TOO_LARGE']);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 11; i++) controller.enqueue(new Uint8Array(10_000));
        controller.close();
      },
    });
    const init = { method: 'PUT', headers: { Authorization: `Bearer ${alice.token}` }, body: stream, duplex: 'half' };
    const chunked = await fetch(`${host.url}/client/v1/media/upload`, init as RequestInit);
    expect([chunked.status, ((await chunked.json()) as { error: { code: string } }).error.code]).to.deep.equal([413, 'TOO_LARGE']);
    const { readdir } = await import('node:fs/promises');
    const { glob } = await import('node:fs/promises');
    for await (const path of glob(`${host.folder}/media/**/*`)) {
      const { stat } = await import('node:fs/promises');
      expect((await stat(path)).size, path).to.be.lessThan(99_999);
    }
    expect(await readdir(`${host.folder}/media`)).to.be.an('array');
    expect((await upload(new Uint8Array(100_000))).size).to.equal(100_000);
  });

  it('knows no addresses but its own kind', async () => {
    for (const path of [
      '../../keys/root.json',
      '..%2f..%2fkeys%2froot.json',
      '%2e%2e',
      'a',
      'x'.repeat(65),
      '1111111111111111111111111111',
    ]) {
      const answer = await alice.request('GET', `/client/v1/media/${SERVER_NAME}/${path}`);
      expect(answer.status, path).to.equal(404);
    }
    for (const server of ['..', '%00', 'A.EXAMPLE.COM', 'a b', 'x@y', '127.0.0.1%2f..']) {
      const answer = await alice.request('GET', `/client/v1/media/${server}/1111111111111111111111111111`);
      expect(answer.status, server).to.be.oneOf([400, 404]);
    }
    const { uri } = await upload(Buffer.from('x'));
    const anonymous = host.anonymous();
    await anonymous.fails(401, 'UNAUTHENTICATED', 'GET', `/client/v1/media/${uri.slice(6)}`);
    await anonymous.fails(401, 'UNAUTHENTICATED', 'PUT', '/client/v1/media/upload', 'x');
  });

  it('keeps files over a restart', async () => {
    const { uri } = await upload(PNG);
    await host.restart();
    expect((await download(uri)).bytes.equals(PNG)).to.equal(true);
  });
});
