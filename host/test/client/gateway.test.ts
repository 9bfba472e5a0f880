import { expect } from 'chai';
import { WebSocket } from 'ws';
import type { Json, TestClient } from './test-client.ts';
import { TEST_LIMITS, TestHost } from './test-host.ts';

/** A gateway client that keeps what it gets. */
class GatewayClient {
  readonly frames: Json[] = [];
  readonly #socket: WebSocket;
  readonly #closed = Promise.withResolvers<number>();
  #wake: () => void = () => undefined;

  constructor(url: string) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/client/v1/gateway`);
    this.#socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.#socket.on('close', (code) => {
      this.#closed.resolve(code);
      this.#wake();
    });
    this.#socket.on('error', () => undefined);
  }

  get closed(): Promise<number> {
    return this.#closed.promise;
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  identify(token: string | undefined): void {
    this.send({ v: 1, t: 'IDENTIFY', d: { token } });
  }

  resume(token: string | undefined, s: number): void {
    this.send({ v: 1, t: 'RESUME', d: { token, s } });
  }

  pause(): void {
    this.#socket.pause();
  }

  unpause(): void {
    this.#socket.resume();
  }

  cut(): void {
    this.#socket.terminate();
  }

  /** The first frame that fits, waiting for it. */
  async until(fits: (frame: Json) => boolean, ms = 5_000): Promise<Json> {
    const deadline = Date.now() + ms;
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`not in time; got ${JSON.stringify(this.frames.map((frame) => frame.t))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 50);
      });
    }
  }

  texts(): string[] {
    return this.frames
      .filter((frame) => frame.t === 'EVENT' && frame.d.event.type === 'm.room.message')
      .map((frame) => frame.d.event.content.body);
  }
}

const isText =
  (text: string) =>
  (frame: Json): boolean =>
    frame.t === 'EVENT' && frame.d.event.content.body === text;
const isA =
  (t: string) =>
  (frame: Json): boolean =>
    frame.t === t;

describe('client API: gateway', () => {
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let guild: string;
  let channel: string;
  before(async () => {
    host = await TestHost.start({ limits: { ...TEST_LIMITS, gateway_heartbeat_ms: 400, gateway_resume_positions: 50 } });
    [alice, bob] = [await host.register('alice'), await host.register('bob')];
  });
  beforeEach(async () => {
    guild = await alice.guild();
    channel = await alice.channel(guild);
    await alice.invite(guild, bob);
  });
  after(() => host.stop());

  const opened: GatewayClient[] = [];
  const open = (): GatewayClient => {
    const client = new GatewayClient(host.url);
    opened.push(client);
    return client;
  };
  afterEach(() => {
    for (const client of opened.splice(0)) client.cut();
  });
  const ready = async (user: TestClient): Promise<GatewayClient> => {
    const client = open();
    await client.until(isA('HELLO'));
    client.identify(user.token);
    await client.until(isA('READY'));
    return client;
  };

  it('says hello, takes a token, tells the state and then what happens, in order', async () => {
    const client = open();
    expect(await client.until(isA('HELLO'))).to.deep.equal({ v: 1, t: 'HELLO', s: null, d: { heartbeat_ms: 400 } });
    client.identify(bob.token);
    const first = await client.until(isA('READY'));
    expect(first.d.user_id).to.equal(bob.userId);
    expect(first.d.guilds[guild].owner).to.equal(alice.userId);
    expect(first.d.channels[channel].guild_id).to.equal(guild);
    for (let i = 0; i < 5; i++) await alice.send(channel, `m${i}`);
    const last = await client.until(isText('m4'));
    expect(client.texts()).to.deep.equal(['m0', 'm1', 'm2', 'm3', 'm4']);
    expect(last.s).to.be.greaterThan(first.s);
    expect(last.d).to.deep.include({ guild_id: guild, room_id: channel });
  });

  it('answers heartbeats, and closes without them', async () => {
    const client = await ready(bob);
    client.send({ v: 1, t: 'HEARTBEAT' });
    await client.until(isA('HEARTBEAT_ACK'));
    expect(await client.closed).to.equal(4008);
  });

  it('API-6: resumes after a lost connection where the client was', async () => {
    const client = await ready(bob);
    await alice.send(channel, 'one');
    const { s } = await client.until(isText('one'));
    client.cut();
    await alice.send(channel, 'two');
    await alice.send(channel, 'three');
    const again = open();
    await again.until(isA('HELLO'));
    again.resume(bob.token, s);
    await again.until(isA('RESUMED'));
    expect(again.texts()).to.deep.equal(['two', 'three']);
    await alice.send(channel, 'four');
    await again.until(isText('four'));
  });

  it('resumes after a restart of the host', async () => {
    const client = await ready(bob);
    await alice.send(channel, 'one');
    const { s } = await client.until(isText('one'));
    await alice.send(channel, 'two');
    await client.until(isText('two'));
    await host.restart();
    expect(await client.closed).to.equal(1001);
    const again = open();
    await again.until(isA('HELLO'));
    again.resume(bob.token, s);
    await again.until(isA('RESUMED'));
    expect(again.texts()).to.deep.equal(['two']);
  });

  it('refuses resume points that are in the future or too far back', async () => {
    const client = open();
    await client.until(isA('HELLO'));
    client.resume(bob.token, 1_000_000_000);
    expect(await client.closed).to.equal(4004);
    for (let i = 0; i < 60; i++) await alice.send(channel, `m${i}`);
    const late = open();
    await late.until(isA('HELLO'));
    late.resume(bob.token, 1);
    expect(await late.closed).to.equal(4004);
  });

  it('closes on tokens that are wrong, and when a session ends', async () => {
    for (const token of ['nonsense', `${bob.token}x`]) {
      const client = open();
      await client.until(isA('HELLO'));
      client.identify(token);
      expect(await client.closed).to.equal(4003);
    }
    const dora = await host.register(`dora${Date.now()}`);
    const client = await ready(dora);
    await dora.post('/client/v1/logout', undefined);
    client.send({ v: 1, t: 'HEARTBEAT' });
    expect(await client.closed).to.equal(4003);
  });

  it('closes on anything that is no frame, or not in its place', async () => {
    const bad: unknown[] = [
      '',
      'x',
      '{}',
      '{"v":1,"t":"IDENTIFY","t":"HEARTBEAT"}',
      '{"v":1.0,"t":"HEARTBEAT"}',
      { v: 2, t: 'HEARTBEAT' },
      { v: 1, t: 'NOTHING' },
      { v: 1, t: 'HEARTBEAT' },
    ];
    bad.push({ v: 1, t: 'IDENTIFY', d: { token: 'x', more: 1 } }, new Uint8Array([1, 2, 3]));
    for (const frame of bad) {
      const client = open();
      await client.until(isA('HELLO'));
      client.send(frame);
      expect(await client.closed, JSON.stringify(frame)).to.equal(4001);
    }
    const twice = await ready(bob);
    twice.identify(bob.token);
    expect(await twice.closed).to.equal(4001);
    const big = open();
    await big.until(isA('HELLO'));
    big.send('x'.repeat(5_000));
    expect(await big.closed).to.equal(1009);
    const flood = await ready(bob);
    for (let i = 0; i < 40; i++) flood.send({ v: 1, t: 'RESUME', d: { token: 'x', s: 0 } });
    expect(await flood.closed).to.equal(4001);
  });

  it('counts heartbeats as well: an answered one does not begin a new interval', async () => {
    const client = await ready(bob);
    let code: number | undefined;
    void client.closed.then((closed) => (code = closed));
    for (let burst = 0; burst < 20 && code === undefined; burst++) {
      for (let i = 0; i < 20; i++) client.send({ v: 1, t: 'HEARTBEAT' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(code).to.equal(4001);
  });

  it('tells of joining, hidden channels, invitations and leaving', async () => {
    const client = await ready(bob);
    await alice.put(`/client/v1/channels/${channel}/overwrites`, {
      overwrites: [{ kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] }],
    });
    expect((await client.until(isA('CHANNELS'))).d).to.deep.equal({ guild_id: guild, visible_channels: [] });
    await alice.send(channel, 'unseen');
    const other = await alice.guild('Other');
    await alice.post('/client/v1/invite', { room_id: other, user_id: bob.userId });
    expect((await client.until(isA('INVITE'))).d).to.deep.include({ room_id: other, inviter: alice.userId });
    client.send({ v: 1, t: 'HEARTBEAT' });
    await bob.post('/client/v1/join', { room_id: other });
    expect((await client.until(isA('GUILD'))).d.guilds[other].name).to.equal('Other');
    await alice.put(`/client/v1/guilds/${guild}/bans/${bob.userId}`, {});
    expect((await client.until(isA('GUILD_LEFT'))).d).to.deep.equal({ guild_id: guild, membership: 'ban' });
    expect(client.texts()).to.deep.equal([]);
  });

  it('cuts off a client that does not read, which resumes without loss', async () => {
    const tight = await TestHost.start({ limits: { ...TEST_LIMITS, gateway_buffer_bytes: 20_000 } });
    try {
      const dora = await tight.register('dora');
      const room = await dora.channel(await dora.guild());
      const client = new GatewayClient(tight.url);
      opened.push(client);
      await client.until(isA('HELLO'));
      client.identify(dora.token);
      const { s } = await client.until(isA('READY'));
      client.pause();
      const sent: string[] = [];
      for (let i = 0; i < 250; i++) {
        sent.push(`${i} ${'x'.repeat(50_000)}`);
        await dora.send(room, sent.at(-1) ?? '');
      }
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      client.unpause();
      expect(await client.closed).to.be.oneOf([4008, 1006]);
      expect(client.texts().length).to.be.lessThan(250);
      const again = new GatewayClient(tight.url);
      opened.push(again);
      await again.until(isA('HELLO'));
      // The host is held up now and then: that is no fault of a client which reads.
      const hold = setInterval(() => {
        for (const until = Date.now() + 100; Date.now() < until; );
      }, 130);
      again.resume(dora.token, s);
      await again.until(isA('RESUMED'), 20_000).finally(() => clearInterval(hold));
      expect(again.texts()).to.deep.equal(sent);
    } finally {
      await tight.stop();
    }
  }).timeout(40_000);

  it('is one path only, and not for plain requests', async () => {
    expect((await alice.request('GET', '/client/v1/gateway')).status).to.equal(400);
    const wrong = new WebSocket(`${host.url.replace('http', 'ws')}/elsewhere`);
    const status = await new Promise((resolve) => wrong.on('unexpected-response', (_request, response) => resolve(response.statusCode)));
    expect(status).to.equal(404);
  });
});
