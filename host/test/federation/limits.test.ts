import { validator } from '@openguild/spec';
import { expect } from 'chai';
import { DEFAULT_LIMITS } from '../../src/index.ts';
import { FakeServer } from './fake-server.ts';
import { localHost, QUICK } from './local-host.ts';

describe('limits between servers', function () {
  this.timeout(20_000);

  it('requests are counted: LIMITED', async () => {
    const lavish = { points: 1_000_000, seconds: 60 };
    const rates = { ...DEFAULT_LIMITS.rates, open: lavish, federation: { points: 5, seconds: 60 } };
    const host = await localHost({ limits: { ...DEFAULT_LIMITS, rates } });
    const peer = await FakeServer.start();
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 7; i += 1) statuses.push((await peer.request(host, 'POST', '/_federation/heads', { rooms: {} })).status);
      expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 429, 429]);
    } finally {
      await Promise.all([host.stop(), peer.stop()]);
    }
  });

  it('discovery and keys are open to everybody', async () => {
    const host = await localHost();
    try {
      const found = (await (await fetch(`http://${host.name}/.well-known/openguild`)).json()) as { federation: string };
      expect(found).to.deep.equal({ server_name: host.name, federation: `http://${host.name}` });
      const key = (await (await fetch(`${found.federation}/_federation/key`)).json()) as { server_name: string; keys: string[] };
      expect(key.server_name).to.equal(host.name);
      expect(key.keys).to.have.length(2);
      expect(validator('federation-discovery')(found)).to.deep.equal({ ok: true });
      expect(validator('federation-key')(key)).to.deep.equal({ ok: true });
    } finally {
      await host.stop();
    }
  });

  it('a host whose federation is switched off has no such paths', async () => {
    const host = await localHost({ federation: { ...QUICK, enabled: false } });
    try {
      expect((await fetch(`http://${host.name}/_federation/key`)).status).to.equal(404);
    } finally {
      await host.stop();
    }
  });
});
