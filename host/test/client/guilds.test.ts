import { expect } from 'chai';
import type { Json, TestClient } from './test-client.ts';
import { SERVER_NAME, TestHost } from './test-host.ts';

describe('client API: guilds', () => {
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let carol: TestClient;
  before(async () => {
    host = await TestHost.start();
    [alice, bob, carol] = [await host.register('alice'), await host.register('bob'), await host.register('carol')];
  });
  after(() => host.stop());

  it('makes a guild that its owner sees and nobody else', async () => {
    const guild = await alice.guild('Readers');
    const seen = await alice.get(`/client/v1/guilds/${guild}`);
    expect(seen).to.deep.include({ guild_id: guild, name: 'Readers', owner: alice.userId, join_rule: 'invite' });
    expect(seen.members).to.have.length(1);
    expect(seen.members[0].user_id).to.equal(alice.userId);
    expect(seen.roles[0]).to.deep.include({
      role_id: 'everyone',
      rank: 0,
      permissions: ['CREATE_INVITE', 'VIEW_CHANNEL', 'SEND_MESSAGES', 'CONNECT'],
    });
    expect(seen.extremities).to.have.length(1);
    const { guilds } = await alice.get('/client/v1/guilds');
    expect((guilds as Json[]).map((one) => one.guild_id)).to.include(guild);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/guilds/${guild}`);
    expect((await bob.get('/client/v1/guilds')).guilds).to.deep.equal([]);
    for (const room_version of ['org.openguild.99', '11', '12'])
      await alice.fails(400, 'UNSUPPORTED_VERSION', 'POST', '/client/v1/guilds', { name: 'x', room_version });
  });

  it('makes two guilds of two requests at the same moment', async () => {
    const made = await Promise.all([alice.guild('Twin'), alice.guild('Twin')]);
    expect(new Set(made).size).to.equal(2);
  });

  it('renames a guild and opens it to the public', async () => {
    const guild = await alice.guild();
    await bob.fails(403, 'FORBIDDEN', 'POST', '/client/v1/join', { room_id: guild });
    await alice.patch(`/client/v1/guilds/${guild}`, { name: 'Open house', join_rule: 'public' });
    expect(await bob.post('/client/v1/join', { room_id: guild })).to.deep.equal({ guild_id: guild });
    expect((await bob.get(`/client/v1/guilds/${guild}`)).name).to.equal('Open house');
    expect((await bob.fails(403, 'FORBIDDEN', 'PATCH', `/client/v1/guilds/${guild}`, { name: "Bob's" })).rule).to.match(/^AUTH-/);
  });

  it('invites, shows the invitation, lets join once and refuse', async () => {
    const guild = await alice.guild('Invited');
    await alice.post('/client/v1/invite', { room_id: guild, user_id: bob.userId });
    const { invites } = await bob.get('/client/v1/invites');
    const mine = (invites as Json[]).find((one) => one.room_id === guild);
    expect(mine).to.deep.include({ inviter: alice.userId, via: [SERVER_NAME] });
    expect(mine.preview.name).to.equal('Invited');
    await bob.post('/client/v1/join', { room_id: guild });
    expect(((await bob.get('/client/v1/invites')).invites as Json[]).some((one) => one.room_id === guild)).to.equal(false);
    const before = await bob.get(`/client/v1/rooms/${guild}/state_hash`);
    await bob.post('/client/v1/join', { room_id: guild });
    expect(await bob.get(`/client/v1/rooms/${guild}/state_hash`), 'joining again changes nothing').to.deep.equal(before);
    await alice.fails(409, 'CONFLICT', 'POST', '/client/v1/invite', { room_id: guild, user_id: bob.userId });
    await alice.fails(404, 'NOT_FOUND', 'POST', '/client/v1/invite', { room_id: guild, user_id: `@nobody:${SERVER_NAME}` });
    await carol.fails(404, 'NOT_FOUND', 'POST', '/client/v1/invite', { room_id: guild, user_id: carol.userId });
    await alice.post('/client/v1/invite', { room_id: guild, user_id: carol.userId });
    await carol.delete(`/client/v1/invites/${guild}`);
    await carol.fails(404, 'NOT_FOUND', 'DELETE', `/client/v1/invites/${guild}`);
    await carol.fails(403, 'FORBIDDEN', 'POST', '/client/v1/join', { room_id: guild });
  });

  it('lets people in by a code, as often as it says', async () => {
    const guild = await alice.guild();
    const { code } = await alice.post(`/client/v1/guilds/${guild}/invites`, { max_uses: 1 }, 201);
    expect(code).to.match(new RegExp(`^[1-9A-HJ-NP-Za-km-z]+@${SERVER_NAME}$`));
    await bob.post('/client/v1/join', { invite: code });
    await bob.post('/client/v1/join', { invite: code });
    await carol.fails(404, 'NOT_FOUND', 'POST', '/client/v1/join', { invite: code });
    const seen = await alice.get(`/client/v1/guilds/${guild}`);
    expect(seen.members).to.have.length(2);
    expect(seen.invites).to.deep.equal([]);
    const second = (await bob.post(`/client/v1/guilds/${guild}/invites`, {}, 201)).code;
    expect((await alice.get(`/client/v1/guilds/${guild}`)).invites).to.have.length(1);
    await alice.delete(`/client/v1/guilds/${guild}/invites/${second}`);
    await carol.fails(404, 'NOT_FOUND', 'POST', '/client/v1/join', { invite: second });
    await carol.fails(404, 'NOT_FOUND', 'POST', '/client/v1/join', { invite: `${'2'.repeat(16)}@${SERVER_NAME}` });
    await carol.fails(400, 'BAD_REQUEST', 'POST', '/client/v1/join', { invite: 'nonsense' });
  });

  it('ends a code with the time, and with the right of its creator', async () => {
    const guild = await alice.guild();
    await alice.invite(guild, bob);
    const { code } = await bob.post(`/client/v1/guilds/${guild}/invites`, {}, 201);
    await alice.delete(`/client/v1/guilds/${guild}/members/${bob.userId}`);
    await carol.fails(404, 'NOT_FOUND', 'POST', '/client/v1/join', { invite: code });
    const short = (await alice.post(`/client/v1/guilds/${guild}/invites`, { expires_in_ms: 1_000 }, 201)).code;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await carol.fails(404, 'NOT_FOUND', 'POST', '/client/v1/join', { invite: short });
  });

  it('kicks, bans and unbans; a banned person can neither read, join nor be vouched for', async () => {
    const guild = await alice.guild();
    const channel = await alice.channel(guild);
    await alice.invite(guild, bob);
    await bob.send(channel, 'here');
    await alice.delete(`/client/v1/guilds/${guild}/members/${bob.userId}`);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/messages`);
    await alice.fails(404, 'NOT_FOUND', 'DELETE', `/client/v1/guilds/${guild}/members/${bob.userId}`);
    await alice.invite(guild, bob);
    const { code } = await alice.post(`/client/v1/guilds/${guild}/invites`, {}, 201);
    await alice.put(`/client/v1/guilds/${guild}/bans/${bob.userId}`, { reason: 'spam' });
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/guilds/${guild}`);
    await bob.fails(403, 'FORBIDDEN', 'POST', '/client/v1/join', { invite: code });
    await bob.fails(403, 'FORBIDDEN', 'POST', '/client/v1/join', { room_id: guild });
    const refused = await bob.fails(403, 'FORBIDDEN', 'POST', `/client/v1/rooms/${channel}/send`, {
      content: { body: 'x' },
      txn_id: 'banned',
    });
    expect(refused.rule).to.match(/^AUTH-/);
    await alice.delete(`/client/v1/guilds/${guild}/bans/${bob.userId}`);
    await alice.fails(404, 'NOT_FOUND', 'DELETE', `/client/v1/guilds/${guild}/bans/${bob.userId}`);
    await bob.post('/client/v1/join', { invite: code });
    expect(await bob.texts(channel)).to.deep.equal(['here']);
  });

  it('lets people leave, and come back only with an invitation', async () => {
    const guild = await alice.guild();
    await alice.invite(guild, bob);
    await bob.delete(`/client/v1/guilds/${guild}/members/${bob.userId}`);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/guilds/${guild}`);
    await bob.fails(403, 'FORBIDDEN', 'POST', '/client/v1/join', { room_id: guild });
  });

  it('answers requests about guilds and people that do not exist', async () => {
    const guild = await alice.guild();
    const nowhere = `!${'2'.repeat(44)}:${SERVER_NAME}`;
    await alice.fails(404, 'NOT_FOUND', 'GET', `/client/v1/guilds/${nowhere}`);
    await alice.fails(404, 'NOT_FOUND', 'GET', '/client/v1/guilds/nonsense');
    await alice.fails(404, 'NOT_FOUND', 'POST', '/client/v1/join', { room_id: nowhere });
    await alice.fails(404, 'NOT_FOUND', 'DELETE', `/client/v1/guilds/${guild}/members/@nobody:${SERVER_NAME}`);
    await alice.fails(400, 'BAD_REQUEST', 'DELETE', `/client/v1/guilds/${guild}/members/nobody`);
    const channel = await alice.channel(guild);
    await alice.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/guilds/${channel}`);
    await alice.fails(400, 'BAD_REQUEST', 'POST', '/client/v1/join', { room_id: channel });
  });
});
