import { base64encode, type JsonObject, type JsonValue } from '@openguild/core';
import { expect } from 'chai';
import type { TestClient } from '../client/test-client.ts';
import type { TestHost } from '../client/test-host.ts';
import { FakeServer } from './fake-server.ts';
import { eventually, localHost, QUICK } from './local-host.ts';

const VERSION = 'org.openguild.1';

interface HttpAnswer {
  readonly status: number;
  readonly body: JsonValue;
}

/** A local user joins by way of a server that lies. Nothing it says may be believed, and nobody may be left hanging. */
describe('joining by way of a hostile server', function () {
  this.timeout(60_000);
  let host: TestHost & { readonly name: string };
  let bob: TestClient;
  let via: FakeServer;
  let guild: string;
  let owner: string;

  beforeEach(async () => {
    host = await localHost({ federation: { ...QUICK, request_timeout_ms: 500, max_response_bytes: 200_000 } });
    bob = await host.register('bob');
    via = await FakeServer.start();
    owner = via.user('olga');
    const { root, keys } = via.identity;
    const create = await via.runner.create(
      null,
      { type: 'm.guild.create', sender: owner, state_key: '', content: { room_version: VERSION, root: root.key_id, keys: [...keys] } },
      [via.identity.daily],
    );
    guild = create.event.room_id;
    await via.make(guild, { type: 'm.room.member', sender: owner, state_key: owner, content: { membership: 'join', root: root.key_id } });
    await via.make(guild, { type: 'm.room.join_rules', sender: owner, state_key: '', content: { join_rule: 'public' } });
    await via.make(guild, {
      type: 'm.server.admission',
      sender: owner,
      state_key: host.name,
      content: { ...(await hostOffer()), rank: 0 },
    });
    via.handle = honest;
  });

  afterEach(async () => {
    await host.stop();
    await via.stop();
  });

  async function hostOffer(): Promise<JsonObject> {
    const { body } = await via.request(host, 'POST', '/_federation/admission', { room_id: guild });
    return body as JsonObject;
  }

  let pages: { events: JsonValue[]; next: string | null; heads: string[] } = { events: [], next: null, heads: [] };

  /** What an honest server would answer. `load` must have run. */
  function honest(path: string): HttpAnswer {
    if (path === '/_federation/join_request') return { status: 200, body: { heads: [], room_version: VERSION } };
    if (path.startsWith('/_federation/log')) return { status: 200, body: pages };
    if (path.startsWith('/_federation/send/')) return { status: 200, body: { results: {} } };
    return { status: 404, body: { error: { code: 'NOT_FOUND', message: '' } } };
  }

  async function load(): Promise<JsonValue[]> {
    const events = (await via.store.rooms.byDepth(guild, null, 100)).map((stored) => stored.event.pdu as JsonValue);
    pages = { events, next: null, heads: [] };
    return events;
  }

  const join = (): Promise<{ status: number; body: { error?: { code: string; rule?: string } } }> =>
    bob.request('POST', '/client/v1/join', { room_id: guild, via: [via.name] });

  async function refused(code: string, rule?: string): Promise<void> {
    const { status, body } = await join();
    expect(body.error?.code, JSON.stringify(body)).to.equal(code);
    expect(status).to.be.greaterThan(399);
    if (rule !== undefined) expect(body.error?.rule).to.equal(rule);
    expect((await bob.get('/client/v1/guilds')).guilds).to.deep.equal([]);
  }

  it('the same server, when it is honest, lets him in', async () => {
    await load();
    const { status, body } = await join();
    expect(status, JSON.stringify(body)).to.equal(200);
    expect((await bob.get('/client/v1/guilds')).guilds).to.have.length(1);
  });

  it('FED-55: one whose last page is empty as well', async () => {
    const events = await load();
    over('/_federation/log', (asked) => ({
      status: 200,
      body: { events: asked.includes('after=') ? [] : events, next: asked.includes('after=') ? null : '9.x', heads: [] },
    }));
    expect((await join()).status).to.equal(200);
  });

  const over = (path: string, answer: (asked: string) => HttpAnswer): void => {
    via.handle = (asked) => (asked.startsWith(path) ? answer(asked) : honest(asked));
  };

  it('that names an unknown version', async () => {
    over('/_federation/join_request', () => ({ status: 200, body: { heads: [], room_version: 'org.openguild.99' } }));
    await refused('UNSUPPORTED_VERSION', 'FED-35');
  });

  it('that refuses, or fails, or answers nonsense', async () => {
    for (const [answer, code] of [
      [{ status: 403, body: { error: { code: 'NOT_ADMITTED', message: 'no', rule: 'FED-50' } } }, 'NOT_ADMITTED'],
      [{ status: 500, body: {} }, 'BAD_GATEWAY'],
      [{ status: 200, body: [] }, 'BAD_GATEWAY'],
      [{ status: 200, body: 7 }, 'BAD_GATEWAY'],
      [{ status: 200, body: {} }, 'BAD_GATEWAY'],
      [{ status: 200, body: { room_version: 1.5 } }, 'BAD_GATEWAY'],
      [{ status: 302, body: {} }, 'BAD_GATEWAY'],
    ] as const) {
      over('/_federation/join_request', () => answer);
      await refused(code);
    }
  });

  it('that sends another room, no events, or a create event that was changed', async () => {
    const [create, ...rest] = await load();
    const changed = { ...(create as JsonObject), origin_ts: 1 };
    for (const events of [[], [null], rest, [changed, ...rest]]) {
      over('/_federation/log', () => ({ status: 200, body: { events, next: null, heads: [] } }));
      await refused('BAD_GATEWAY', 'FED-55');
    }
  });

  it('that sends a create event with a wrong signature', async () => {
    const [create, ...rest] = await load();
    const signatures = { [via.name]: { [via.identity.daily.key_id]: base64encode(new Uint8Array(64)) } };
    over('/_federation/log', () => ({
      status: 200,
      body: { events: [{ ...(create as JsonObject), signatures }, ...rest], next: null, heads: [] },
    }));
    await refused('BAD_GATEWAY', 'FED-55');
  });

  it('that sends the same page for ever, or garbage for ever', async () => {
    const events = await load();
    let asked = 0;
    over('/_federation/log', () => ({ status: 200, body: { events, next: `${(asked += 1)}.x`, heads: [] } }));
    await refused('BAD_GATEWAY', 'FED-55');
    expect(asked).to.be.lessThan(5);
    over('/_federation/log', () => ({
      status: 200,
      body: { events: asked++ === 0 ? events : Array.from({ length: 100 }, (_, i) => ({ i })), next: `${asked}.x`, heads: [] },
    }));
    await refused('BAD_GATEWAY', 'FED-55');
  });

  it('that leaves out what lets him in: the join is refused by the rules, here', async () => {
    const events = await load();
    over('/_federation/log', () => ({ status: 200, body: { events: events.slice(0, 2), next: null, heads: [] } }));
    await refused('FORBIDDEN');
  });

  it('that sends more than is read', async () => {
    over('/_federation/log', () => ({ status: 200, body: { events: ['x'.repeat(300_000)] } }));
    await refused('BAD_GATEWAY');
  });

  it('that signs the join wrongly, or not at all', async () => {
    await load();
    for (const signature of [base64encode(new Uint8Array(64).fill(3)), 'nonsense', '', null, 7]) {
      via.handle = (path) => {
        if (path === '/_federation/code') return { status: 200, body: { room_id: guild } };
        if (path === '/_federation/join_request') {
          return {
            status: 200,
            body: { heads: [], room_version: VERSION, join_authorised_via: owner, cosigner: via.identity.daily.key_id },
          };
        }
        if (path === '/_federation/cosign') return { status: 200, body: { signature } };
        return honest(path);
      };
      const { status } = await bob.request('POST', '/client/v1/join', { invite: `abcdefgh@${via.name}` });
      expect(status, String(signature)).to.be.oneOf([403, 502]);
      expect((await bob.get('/client/v1/guilds')).guilds).to.deep.equal([]);
    }
  });

  it('that names a room for a code that is none, or a cosigner that is none', async () => {
    await load();
    for (const room_id of [null, 7, '', '!x', '../keys']) {
      via.handle = (path) => (path === '/_federation/code' ? { status: 200, body: { room_id } } : honest(path));
      expect((await bob.request('POST', '/client/v1/join', { invite: `abcdefgh@${via.name}` })).status, String(room_id)).to.equal(502);
    }
  });

  it('a server that is not there, or that is not a server at all', async () => {
    await via.stop();
    await refused('BAD_GATEWAY');
    const { status, body } = await bob.request('POST', '/client/v1/join', { room_id: guild, via: ['10.0.0.1'] });
    expect([status, body.error.code]).to.deep.equal([502, 'BAD_GATEWAY']);
    via = await FakeServer.start();
  });

  describe('once inside', () => {
    beforeEach(async () => {
      await load();
      expect((await join()).status).to.equal(200);
    });

    it('FED-61: heads that do not exist, and endless nonsense behind them, do no harm', async () => {
      const ids = Array.from(
        { length: 50 },
        (_, i) => `$${'1'.repeat(31)}${'23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'[i]}`,
      );
      let fetches = 0;
      via.handle = (path) => {
        if (path !== '/_federation/missing_events') return honest(path);
        fetches += 1;
        return { status: 200, body: { events: Array.from({ length: 100 }, () => ({ room_id: guild, type: 'x' })) } };
      };
      const answer = await via.request(host, 'POST', '/_federation/heads', {
        rooms: { [guild]: { heads: ids, state_hash: '1'.repeat(32) } },
      });
      expect(answer.status).to.equal(200);
      await eventually(
        'the fetch',
        async () => fetches,
        (count) => count > 0,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(fetches).to.be.lessThan(10);
      expect(host.host.federation.divergences).to.equal(0);
      await bob.get(`/client/v1/guilds/${guild}`);
    });

    it('FED-62: equal heads with another state raise the alarm, once', async () => {
      await eventually(
        'his join',
        async () => via.received.some(({ path }) => path.startsWith('/_federation/send/')),
        (seen) => seen,
      );
      const { heads } = await bob.get(`/client/v1/rooms/${guild}/state_hash`);
      for (let i = 0; i < 3; i += 1) {
        await via.request(host, 'POST', '/_federation/heads', { rooms: { [guild]: { heads, state_hash: '1'.repeat(32) } } });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(host.host.federation.divergences).to.equal(1);
    });

    it('a peer that takes events but answers 400 to all of them holds nothing up for ever', async () => {
      via.handle = (path) =>
        path.startsWith('/_federation/send/')
          ? { status: 400, body: { error: { code: 'BAD_JSON', message: '', rule: 'CJ-1' } } }
          : honest(path);
      await bob.request('DELETE', `/client/v1/guilds/${guild}/members/${bob.userId}`);
      const sends = (): number => via.received.filter(({ path }) => path.startsWith('/_federation/send/')).length;
      await eventually(
        'the attempt',
        async () => sends(),
        (count) => count > 0,
      );
      const before = sends();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(sends() - before).to.be.lessThan(3);
    });
  });
});
