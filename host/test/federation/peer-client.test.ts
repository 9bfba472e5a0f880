import { sha256, signerFromSeed, utf8Encode } from '@openguild/core';
import { expect } from 'chai';
import { pino } from 'pino';
import { FEDERATION_LIMITS } from '../../src/federation/limits.ts';
import { GuardedFetch } from '../../src/federation/guarded-fetch.ts';
import { PeerClient, PeerRefusedError } from '../../src/federation/peer-client.ts';
import { PeerDirectory } from '../../src/federation/peer-directory.ts';
import { nodePlatform } from '../../src/platform/node-platform.ts';
import { ServerIdentity } from '../../src/services/server-keys.ts';
import { FakeServer } from './fake-server.ts';

const REFUSED = { status: 401, body: { error: { code: 'BAD_SIGNATURE', rule: 'FED-5', message: 'no keys' } } };

describe('requests to other servers', () => {
  let peer: FakeServer;
  let client: PeerClient;
  const pauses: number[] = [];

  before(async () => {
    peer = await FakeServer.start();
    const real = nodePlatform(pino({ level: 'silent' }));
    const platform = {
      ...real,
      setTimer: (ms: number, fn: () => void) => {
        pauses.push(ms);
        return real.setTimer(0, fn);
      },
    };
    const [root, daily] = ['root', 'daily'].map((name) => signerFromSeed(sha256(utf8Encode(name)))) as [never, never];
    const fetch = new GuardedFetch(real, { loopback: true, allow: [] }, 2_000);
    client = new PeerClient({
      identity: new ServerIdentity('localhost:1', root, daily),
      directory: new PeerDirectory({
        fetch,
        now: () => real.now(),
        verify: () => Promise.resolve([true]),
        loopback: true,
        limits: FEDERATION_LIMITS,
        documentMs: 60_000,
        logger: real.logger,
      }),
      fetch,
      platform,
      timeoutMs: 2_000,
      maxBytes: 10_000,
      keyRetryMs: FEDERATION_LIMITS.key_retry_ms,
    });
  });

  after(() => peer?.stop());
  beforeEach(() => {
    pauses.length = 0;
    peer.received.length = 0;
  });

  it('FED-5: are made once more, after the other’s pause, if it could not get the keys', async () => {
    const answers = [REFUSED, { status: 200, body: { rooms: {} } }];
    peer.handle = (path) => (path.startsWith('/.well-known') ? { status: 404, body: {} } : (answers.shift() ?? REFUSED));
    expect(await client.post(peer.name, '/_federation/heads', { rooms: {} })).to.deep.equal({ rooms: {} });
    expect(peer.received.filter(({ path }) => path === '/_federation/heads')).to.have.length(2);
    expect(pauses).to.deep.equal([FEDERATION_LIMITS.key_retry_ms]);
    expect(FEDERATION_LIMITS.key_retry_ms).to.be.greaterThan(FEDERATION_LIMITS.document_failure_ms);
  });

  it('are not made a third time, and after any other refusal not a second', async () => {
    peer.handle = () => REFUSED;
    const refused = (error: unknown): error is PeerRefusedError => error instanceof PeerRefusedError;
    expect(await client.post(peer.name, '/_federation/heads', {}).catch((error: unknown) => refused(error) && error.rule)).to.equal(
      'FED-5',
    );
    expect(peer.received.filter(({ path }) => path === '/_federation/heads')).to.have.length(2);
    peer.received.length = 0;
    peer.handle = () => ({ status: 403, body: { error: { code: 'NOT_ADMITTED', rule: 'FED-50', message: '' } } });
    expect(await client.post(peer.name, '/_federation/heads', {}).catch((error: unknown) => refused(error) && error.rule)).to.equal(
      'FED-50',
    );
    expect(peer.received.filter(({ path }) => path === '/_federation/heads')).to.have.length(1);
  });
});
