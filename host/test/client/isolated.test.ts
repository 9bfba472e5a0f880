import { expect } from 'chai';
import { DEFAULT_FEDERATION } from '../../src/index.ts';
import { SERVER_NAME, TestHost } from './test-host.ts';

describe('host: with federation switched off', () => {
  let host: TestHost;
  before(async () => {
    host = await TestHost.start({ federation: { ...DEFAULT_FEDERATION, enabled: false } });
  });
  after(() => host.stop());

  it('serves its own people', async () => {
    const [alice, bob] = [await host.register('alice'), await host.register('bob')];
    const guild = await alice.guild();
    const channel = await alice.channel(guild);
    await alice.invite(guild, bob);
    await alice.grant(guild, bob.userId, [await alice.role(guild, 10, ['MANAGE_CHANNELS'])]);
    await bob.send(channel, 'all by ourselves');
    expect(await alice.texts(channel)).to.deep.equal(['all by ourselves']);
  });

  it('neither answers nor asks other servers', async () => {
    const carol = await host.register('carol');
    const guild = await carol.guild();
    for (const path of ['/.well-known/openguild', '/_federation/key']) await carol.fails(404, 'NOT_FOUND', 'GET', path);
    await carol.fails(404, 'NOT_FOUND', 'PUT', '/_federation/send/1', {});
    await carol.fails(503, 'UNAVAILABLE', 'POST', '/client/v1/invite', { room_id: guild, user_id: '@dora:b.example.com' });
    await carol.fails(503, 'UNAVAILABLE', 'POST', '/client/v1/join', { invite: `${'2'.repeat(16)}@b.example.com` });
    await carol.fails(503, 'UNAVAILABLE', 'POST', '/client/v1/join', { room_id: `!${'2'.repeat(44)}:b.example.com` });
    await carol.fails(404, 'NOT_FOUND', 'GET', '/client/v1/media/b.example.com/1111111111111111111111111111');
    expect(carol.userId).to.contain(SERVER_NAME);
  });
});
