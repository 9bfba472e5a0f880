import { expect } from 'chai';
import { TokenVerifier } from 'livekit-server-sdk';
import type { TestClient } from './test-client.ts';
import { TestHost } from './test-host.ts';

const VOICE = { url: 'ws://localhost:7880', api_key: 'devkey', api_secret: 'a secret of at least 32 characters!' };

describe('client API: voice', () => {
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let guild: string;
  let channel: string;
  before(async () => {
    host = await TestHost.start({ voice: VOICE });
    [alice, bob] = [await host.register('alice'), await host.register('bob')];
    guild = await alice.guild();
    channel = await alice.channel(guild, 'lounge', 'voice');
    await alice.invite(guild, bob);
  });
  after(() => host.stop());

  it('API-8: gives a member a short token for one room and one name', async () => {
    const before = Date.now();
    const ticket = await bob.post(`/client/v1/voice/${channel}/join`, undefined);
    expect(ticket).to.include({ url: VOICE.url, room: channel });
    expect(ticket.expires_at - before).to.be.within(1, 301_000);
    const claims = await new TokenVerifier(VOICE.api_key, VOICE.api_secret).verify(ticket.token);
    expect(claims.sub).to.equal(bob.userId);
    expect(claims.video).to.deep.equal({ roomJoin: true, room: channel, canPublish: true, canSubscribe: true, canPublishData: true });
    expect((claims.exp ?? 0) * 1000 - before).to.be.within(0, 301_000);
    const forged = await new TokenVerifier(VOICE.api_key, 'another secret of 32 characters!!!').verify(ticket.token).catch(() => 'refused');
    expect(forged).to.equal('refused');
  });

  it('API-8: gives none to strangers, to who lacks CONNECT, for text channels, and to the banned', async () => {
    const carol = await host.register('carol');
    await carol.fails(404, 'NOT_FOUND', 'POST', `/client/v1/voice/${channel}/join`);
    await alice.fails(400, 'BAD_REQUEST', 'POST', `/client/v1/voice/${await alice.channel(guild)}/join`);
    await alice.fails(400, 'BAD_REQUEST', 'POST', `/client/v1/voice/${guild}/join`);
    await alice.put(`/client/v1/channels/${channel}/overwrites`, {
      overwrites: [{ kind: 'role', id: 'everyone', allow: [], deny: ['CONNECT'] }],
    });
    await bob.fails(403, 'FORBIDDEN', 'POST', `/client/v1/voice/${channel}/join`);
    await alice.put(`/client/v1/channels/${channel}/overwrites`, { overwrites: [] });
    await bob.post(`/client/v1/voice/${channel}/join`, undefined);
    await alice.put(`/client/v1/guilds/${guild}/bans/${bob.userId}`, {});
    await bob.fails(404, 'NOT_FOUND', 'POST', `/client/v1/voice/${channel}/join`);
    await host.anonymous().fails(401, 'UNAUTHENTICATED', 'POST', `/client/v1/voice/${channel}/join`);
  });

  it('says what is missing where voice is not set up', async () => {
    const plain = await TestHost.start();
    try {
      const dora = await plain.register('dora');
      const room = await dora.channel(await dora.guild(), 'lounge', 'voice');
      expect((await dora.fails(503, 'UNAVAILABLE', 'POST', `/client/v1/voice/${room}/join`)).message).to.contain('LIVEKIT_URL');
    } finally {
      await plain.stop();
    }
  });
});
