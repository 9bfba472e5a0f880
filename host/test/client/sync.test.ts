import { expect } from 'chai';
import type { Json, TestClient } from './test-client.ts';
import { SERVER_NAME, TEST_LIMITS, TestHost } from './test-host.ts';

const bodies = (answer: Json, channel: string): string[] =>
  ((answer.channels[channel]?.events ?? []) as Json[])
    .filter((event) => event.type === 'm.room.message')
    .map((event) => event.content.body);

describe('client API: sync', () => {
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let guild: string;
  let channel: string;
  before(async () => {
    host = await TestHost.start();
    [alice, bob] = [await host.register('alice'), await host.register('bob')];
  });
  beforeEach(async () => {
    guild = await alice.guild();
    channel = await alice.channel(guild);
    await alice.invite(guild, bob);
  });
  after(() => host.stop());

  const now = async (user: TestClient): Promise<string> => (await user.get('/client/v1/sync')).next;
  const since = (user: TestClient, token: string, timeout = 0): Promise<Json> =>
    user.get(`/client/v1/sync?since=${token}&timeout=${timeout}`);

  it('begins with the state of everything and the newest messages, oldest first', async () => {
    for (let i = 0; i < 25; i++) await alice.send(channel, `m${i}`);
    const first = await bob.get('/client/v1/sync');
    expect(first.next).to.match(/^s[0-9]+(_[0-9a-f]{16})?$/);
    expect(first.guilds[guild]).to.deep.include({ guild_id: guild, owner: alice.userId });
    expect(first.channels[channel]).to.deep.include({ guild_id: guild, limited: true });
    expect(bodies(first, channel)).to.deep.equal(Array.from({ length: 20 }, (_, i) => `m${i + 5}`));
    const older = await bob.get(`/client/v1/rooms/${channel}/messages?from=${first.channels[channel].before}`);
    expect(older.events[0].content.body).to.equal('m4');
    expect((await since(bob, first.next)).channels).to.deep.equal({});
  });

  it('tells each new event exactly once', async () => {
    let token = await now(bob);
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      await alice.send(channel, `m${i}`);
      const answer = await since(bob, token);
      seen.push(...bodies(answer, channel));
      token = answer.next;
    }
    expect(seen).to.deep.equal(['m0', 'm1', 'm2', 'm3', 'm4']);
  });

  it('goes through a long gap in bounded steps', async () => {
    const small = await TestHost.start({ limits: { ...TEST_LIMITS, sync_rows: 3, sync_bytes: 1_500 } });
    try {
      const dora = await small.register('dora');
      const room = await dora.channel(await dora.guild());
      let token = (await dora.get('/client/v1/sync')).next;
      for (let i = 0; i < 10; i++) await dora.send(room, `m${i}`);
      const seen: string[] = [];
      for (let i = 0; i < 10 && seen.length < 10; i++) {
        const answer = await since(dora, token);
        expect(bodies(answer, room).length).to.be.lessThan(4);
        seen.push(...bodies(answer, room));
        token = answer.next;
      }
      expect(seen).to.deep.equal(Array.from({ length: 10 }, (_, i) => `m${i}`));
    } finally {
      await small.stop();
    }
  });

  it('waits for what comes, and no longer than asked', async () => {
    const token = await now(bob);
    const waiting = since(bob, token, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await alice.send(channel, 'wake up');
    expect(bodies(await waiting, channel)).to.deep.equal(['wake up']);
    const before = performance.now();
    const empty = await since(bob, (await since(bob, token)).next, 300);
    expect(performance.now() - before).to.be.within(250, 5_000);
    expect([empty.guilds, empty.channels]).to.deep.equal([{}, {}]);
  });

  it('is not woken by what is none of the reader’s business, and tells nothing of it', async () => {
    const elsewhere = await alice.channel(await alice.guild());
    const token = await now(bob);
    const waiting = since(bob, token, 400);
    await alice.send(elsewhere, 'private');
    const answer = await waiting;
    expect(JSON.stringify(answer)).not.to.contain('private');
    expect([answer.guilds, answer.channels]).to.deep.equal([{}, {}]);
  });

  it('API-3: refuses tokens that this host cannot have given', async () => {
    const token = await now(bob);
    const position = Number(token.slice(1).split('_')[0]);
    for (const bad of [
      '',
      'x',
      '0',
      's',
      's-1',
      's1.0',
      's01',
      's1e3',
      `s${position + 1_000_000}`,
      's99999999999999999999',
      's1_xyz',
      `${token}x`,
      's1%00',
    ]) {
      await bob.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/sync?since=${bad}`);
    }
    await bob.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/sync?since=${token}&since=${token}`);
    await bob.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/sync?since=${token}&timeout=60001`);
    // A position is the same place for everybody; what is shown there depends on who asks.
    const carol = await host.register(`carol${position}`);
    const foreign = await since(carol, 's0');
    expect([foreign.guilds, foreign.channels]).to.deep.equal([{}, {}]);
  });

  it('ends a long poll that outlives a kick without telling what comes after it', async () => {
    const token = await now(bob);
    const waiting = since(bob, token, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await alice.delete(`/client/v1/guilds/${guild}/members/${bob.userId}`);
    await alice.send(channel, 'now that he is gone');
    let answer = await waiting;
    expect(answer.guilds[guild]).to.deep.equal({ events: [], left: 'leave' });
    expect(answer.channels).to.deep.equal({});
    answer = await since(bob, answer.next);
    expect([answer.guilds, answer.channels]).to.deep.equal([{}, {}]);
    expect((await bob.get('/client/v1/sync')).guilds[guild]).to.equal(undefined);
  });

  it('tells of a ban, and gives everything again after a return', async () => {
    await alice.send(channel, 'before');
    let token = await now(bob);
    await alice.put(`/client/v1/guilds/${guild}/bans/${bob.userId}`, {});
    let answer = await since(bob, token);
    expect(answer.guilds[guild].left).to.equal('ban');
    token = answer.next;
    await alice.delete(`/client/v1/guilds/${guild}/bans/${bob.userId}`);
    await alice.invite(guild, bob);
    answer = await since(bob, token);
    expect(answer.guilds[guild]).to.deep.include({ guild_id: guild, owner: alice.userId });
    expect(bodies(answer, channel)).to.deep.equal(['before']);
  });

  it('API-5: judges visibility when the answer is made', async () => {
    const token = await now(bob);
    await alice.send(channel, 'seen by nobody else');
    await alice.put(`/client/v1/channels/${channel}/overwrites`, {
      overwrites: [{ kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] }],
    });
    const answer = await since(bob, token);
    expect(answer.channels).to.deep.equal({});
    expect(answer.guilds[guild].visible_channels).to.deep.equal([]);
    await alice.put(`/client/v1/channels/${channel}/overwrites`, { overwrites: [] });
    expect((await since(bob, answer.next)).guilds[guild].visible_channels).to.deep.equal([channel]);
  });

  it('wakes a poll for an invitation, and tells of it until it is answered', async () => {
    const other = await alice.guild('Elsewhere');
    const token = await now(bob);
    const waiting = since(bob, token, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await alice.post('/client/v1/invite', { room_id: other, user_id: bob.userId });
    const answer = await waiting;
    expect((answer.invites as Json[]).map((invite) => invite.room_id)).to.deep.equal([other]);
    await bob.delete(`/client/v1/invites/${other}`);
    expect((await since(bob, answer.next)).invites).to.deep.equal([]);
  });

  it('lets a person wait only so often at the same time', async () => {
    const token = await now(bob);
    const waiting = Array.from({ length: TEST_LIMITS.max_polls_per_user }, () => since(bob, token, 700));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await bob.fails(429, 'LIMITED', 'GET', `/client/v1/sync?since=${token}&timeout=700`);
    await Promise.all(waiting);
    await since(bob, token);
  });

  it('goes on after a restart with the old token, the old session, and everything acknowledged', async () => {
    await alice.send(channel, 'before');
    const token = await now(bob);
    const sent = await alice.post(`/client/v1/rooms/${channel}/send`, { content: { body: 'written' }, txn_id: 'durable' });
    const hash = await bob.get(`/client/v1/rooms/${guild}/state_hash`);
    await host.restart();
    const answer = await since(bob, token);
    expect(bodies(answer, channel)).to.deep.equal(['written']);
    expect(await alice.post(`/client/v1/rooms/${channel}/send`, { content: { body: 'written' }, txn_id: 'durable' })).to.deep.equal(sent);
    expect(await bob.get(`/client/v1/rooms/${guild}/state_hash`)).to.deep.equal(hash);
    await bob.send(channel, 'after');
    expect(await alice.texts(channel)).to.deep.equal(['before', 'written', 'after']);
    expect(alice.userId.endsWith(SERVER_NAME)).to.equal(true);
  });

  it('ends long polls when the host stops', async () => {
    const token = await now(bob);
    const waiting = since(bob, token, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = performance.now();
    await host.restart();
    expect(performance.now() - before).to.be.lessThan(5_000);
    expect((await waiting).next).to.equal(token);
  });
});
