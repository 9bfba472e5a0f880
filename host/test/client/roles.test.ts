import { expect } from 'chai';
import type { Json, TestClient } from './test-client.ts';
import { SERVER_NAME, TestHost } from './test-host.ts';

const MODERATOR = ['VIEW_CHANNEL', 'SEND_MESSAGES', 'MANAGE_MESSAGES', 'MANAGE_ROLES', 'KICK_MEMBERS', 'BAN_MEMBERS', 'CREATE_INVITE'];

describe('client API: roles and channels', () => {
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let carol: TestClient;
  let guild: string;
  before(async () => {
    host = await TestHost.start();
    [alice, bob, carol] = [await host.register('alice'), await host.register('bob'), await host.register('carol')];
  });
  beforeEach(async () => {
    guild = await alice.guild();
    await alice.invite(guild, bob);
    await alice.invite(guild, carol);
  });
  after(() => host.stop());

  const member = async (user: TestClient): Promise<Json> => {
    const { members } = await alice.get(`/client/v1/guilds/${guild}`);
    return (members as Json[]).find((one) => one.user_id === user.userId);
  };

  it('makes, grants, changes and removes a role', async () => {
    const role = await alice.role(guild, 50, MODERATOR, 'Moderator');
    await alice.grant(guild, bob.userId, [role]);
    expect(await member(bob)).to.deep.include({ roles: [role], rank: 50 });
    await bob.delete(`/client/v1/guilds/${guild}/members/${carol.userId}`);
    await alice.patch(`/client/v1/guilds/${guild}/roles/${role}`, { rank: 40, permissions: ['VIEW_CHANNEL'], name: 'Former moderator' });
    const { roles } = await alice.get(`/client/v1/guilds/${guild}`);
    expect((roles as Json[]).find((one) => one.role_id === role)).to.deep.include({
      name: 'Former moderator',
      rank: 40,
      permissions: ['VIEW_CHANNEL'],
      allow: '1024',
    });
    await alice.delete(`/client/v1/guilds/${guild}/roles/${role}`);
    expect(await member(bob)).to.deep.include({ roles: [], rank: 0 });
    await alice.fails(404, 'NOT_FOUND', 'DELETE', `/client/v1/guilds/${guild}/roles/${role}`);
    await alice.fails(404, 'NOT_FOUND', 'PATCH', `/client/v1/guilds/${guild}/roles/__proto__`, { rank: 1 });
  });

  it('lets nobody pass their own rank or give what they lack', async () => {
    const moderator = await alice.role(guild, 50, MODERATOR);
    const low = await alice.role(guild, 10, ['VIEW_CHANNEL']);
    await alice.grant(guild, bob.userId, [moderator]);
    const forbidden = async (method: string, path: string, body: unknown): Promise<void> => {
      expect((await bob.fails(403, 'FORBIDDEN', method, `/client/v1/guilds/${guild}/${path}`, body)).rule, path).to.match(/^AUTH-/);
    };
    await forbidden('POST', 'roles', { name: 'above', rank: 60, permissions: [] });
    await forbidden('POST', 'roles', { name: 'equal', rank: 50, permissions: [] });
    await forbidden('POST', 'roles', { name: 'more', rank: 20, permissions: ['MANAGE_GUILD'] });
    await forbidden('PATCH', `roles/${low}`, { rank: 50 });
    await forbidden('PATCH', `roles/${moderator}`, { permissions: 'everything'.length > 0 ? '8' : '0' });
    await forbidden('PUT', `members/${carol.userId}/roles`, { roles: [moderator] });
    await forbidden('PUT', `members/${alice.userId}/roles`, { roles: [low] });
    await forbidden('DELETE', `members/${alice.userId}`, undefined);
    await bob.grant(guild, carol.userId, [low]);
    await carol.fails(403, 'FORBIDDEN', 'PUT', `/client/v1/guilds/${guild}/bans/${bob.userId}`, {});
    await carol.fails(403, 'FORBIDDEN', 'POST', `/client/v1/guilds/${guild}/roles`, { name: 'mine', rank: 1, permissions: [] });
    await alice.fails(404, 'NOT_FOUND', 'PUT', `/client/v1/guilds/${guild}/members/@nobody:${SERVER_NAME}/roles`, { roles: [low] });
    await alice.fails(404, 'NOT_FOUND', 'PUT', `/client/v1/guilds/${guild}/members/${bob.userId}/roles`, { roles: ['nothing'] });
  });

  it('keeps all of many role edits made at the same time', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const made = await Promise.all(names.map((name) => alice.role(guild, 5, [], name)));
    const { roles } = await alice.get(`/client/v1/guilds/${guild}`);
    expect((roles as Json[]).map((one) => one.role_id)).to.include.members(made);
  });

  it('gives a member who came back an overwrite for the new stay', async () => {
    const channel = await alice.channel(guild);
    const hidden = { kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] };
    const person = { kind: 'member', id: bob.userId, allow: ['VIEW_CHANNEL'], deny: [] };
    const set = (): Promise<Json> => alice.put(`/client/v1/channels/${channel}/overwrites`, { overwrites: [hidden, person] });
    await set();
    await bob.get(`/client/v1/rooms/${channel}/messages`);
    expect(await set(), 'nothing to change').to.deep.equal({});
    await bob.delete(`/client/v1/guilds/${guild}/members/${bob.userId}`);
    await alice.invite(guild, bob);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/messages`);
    await set();
    await bob.get(`/client/v1/rooms/${channel}/messages`);
  });

  it('does not let the owner of one guild act in another', async () => {
    const channel = await alice.channel(guild, 'lounge', 'voice');
    await carol.delete(`/client/v1/guilds/${guild}/members/${carol.userId}`);
    await carol.guild('Own');
    await carol.fails(404, 'NOT_FOUND', 'PATCH', `/client/v1/channels/${channel}`, { name: 'mine' });
    await carol.fails(404, 'NOT_FOUND', 'DELETE', `/client/v1/channels/${channel}`);
    await carol.fails(404, 'NOT_FOUND', 'PUT', `/client/v1/channels/${channel}/overwrites`, { overwrites: [] });
    await carol.fails(404, 'NOT_FOUND', 'POST', `/client/v1/guilds/${guild}/channels`, { name: 'x', kind: 'text' });
    await carol.fails(404, 'NOT_FOUND', 'POST', `/client/v1/guilds/${guild}/roles`, { name: 'x', rank: 1, permissions: [] });
    await carol.fails(404, 'NOT_FOUND', 'POST', `/client/v1/guilds/${guild}/invites`, {});
    await carol.fails(404, 'NOT_FOUND', 'PUT', `/client/v1/guilds/${guild}/bans/${alice.userId}`, {});
    await carol.fails(404, 'NOT_FOUND', 'POST', `/client/v1/voice/${channel}/join`);
  });

  it('ends roles when a member leaves', async () => {
    const role = await alice.role(guild, 50, MODERATOR);
    await alice.grant(guild, bob.userId, [role]);
    await bob.delete(`/client/v1/guilds/${guild}/members/${bob.userId}`);
    await alice.invite(guild, bob);
    expect(await member(bob)).to.deep.include({ roles: [], rank: 0 });
  });

  it('makes, renames and deletes channels', async () => {
    await bob.fails(403, 'FORBIDDEN', 'POST', `/client/v1/guilds/${guild}/channels`, { name: 'mine', kind: 'text' });
    const { channel_id: channel } = await alice.post(
      `/client/v1/guilds/${guild}/channels`,
      { name: 'general', kind: 'text', topic: 'anything' },
      201,
    );
    const seen = await bob.get(`/client/v1/guilds/${guild}`);
    expect(seen.channels).to.deep.equal([{ channel_id: channel, kind: 'text', name: 'general', topic: 'anything' }]);
    expect((await bob.fails(403, 'FORBIDDEN', 'PATCH', `/client/v1/channels/${channel}`, { name: 'bobs' })).rule).to.match(/^AUTH-/);
    await alice.patch(`/client/v1/channels/${channel}`, { name: 'lobby', topic: '' });
    expect((await bob.get(`/client/v1/guilds/${guild}`)).channels[0]).to.deep.include({ name: 'lobby', topic: '' });
    await bob.send(channel, 'last words');
    await alice.delete(`/client/v1/channels/${channel}`);
    expect((await bob.get(`/client/v1/guilds/${guild}`)).channels).to.deep.equal([]);
    await bob.send(channel, 'too late', 403);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/messages`);
  });

  it('hides a channel by overwrites, and shows it to one role and one member', async () => {
    const channel = await alice.channel(guild, 'secret');
    const role = await alice.role(guild, 5, []);
    const hidden = { kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] };
    const set = (overwrites: unknown[], status = 200): Promise<Json> =>
      alice.put(`/client/v1/channels/${channel}/overwrites`, { overwrites }, status);
    await set([hidden]);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/messages`);
    expect((await bob.get(`/client/v1/guilds/${guild}`)).channels).to.deep.equal([]);
    await bob.send(channel, 'let me in', 403);
    const shown = { kind: 'role', id: role, allow: ['VIEW_CHANNEL'], deny: [] };
    const person = (user: TestClient): Json => ({ kind: 'member', id: user.userId, allow: ['VIEW_CHANNEL'], deny: ['SEND_MESSAGES'] });
    await set([hidden, shown, person(carol), person(bob)]);
    await carol.get(`/client/v1/rooms/${channel}/messages`);
    await carol.send(channel, 'may only read', 403);
    await set([hidden, shown]);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/messages`);
    await alice.grant(guild, bob.userId, [role]);
    await bob.send(channel, 'by role');
    await set([hidden, hidden], 400);
    await set([{ ...hidden, allow: ['VIEW_CHANNEL'] }], 403);
    await bob.fails(403, 'FORBIDDEN', 'PUT', `/client/v1/channels/${channel}/overwrites`, { overwrites: [] });
  });
});
