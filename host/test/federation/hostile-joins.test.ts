import { base64encode, buildEvent, type EventFields, type JsonObject, type RoomEvent, signerFromSeed } from '@openguild/core';
import { expect } from 'chai';
import { type Answer, FakeServer } from './fake-server.ts';
import { type HostileWorld, hostileWorld, NOWHERE, refusal, VERSION } from './hostile-world.ts';

describe('hostile servers: joining and inviting', function () {
  this.timeout(60_000);
  let world: HostileWorld;
  let host: HostileWorld['host'];
  let alice: HostileWorld['alice'];
  let mallory: HostileWorld['mallory'];
  let stranger: HostileWorld['stranger'];
  let guild: HostileWorld['guild'];
  let channel: HostileWorld['channel'];
  let eve: HostileWorld['eve'];

  before(async () => {
    world = await hostileWorld();
    ({ host, alice, mallory, stranger, guild, channel, eve } = world);
  });

  after(() => world?.stop());

  const offer = (server: FakeServer, room: string): JsonObject => ({
    root: server.identity.root.key_id,
    keys: [...server.identity.keys],
    proof: server.identity.proofFor(room),
  });

  it('FED-75, FED-78: a room that is not public looks like none', async () => {
    const closed = await alice.guild('Closed');
    for (const room of [closed, `!${'1'.repeat(32)}:${host.name}`, channel]) {
      const answer = await stranger.request(host, 'POST', '/_federation/join_request', {
        room_id: room,
        user_id: stranger.user('x'),
        ...offer(stranger, room),
      });
      expect(refusal(answer)).to.deep.equal([403, 'NOT_ADMITTED', 'FED-50']);
      const coded = await stranger.request(host, 'POST', '/_federation/join_request', {
        room_id: room,
        user_id: stranger.user('x'),
        code: 'abcdefgh',
        ...offer(stranger, room),
      });
      expect(refusal(coded)).to.deep.equal([403, 'NOT_ADMITTED', 'FED-50']);
    }
    expect(refusal(await stranger.request(host, 'POST', '/_federation/code', { code: 'abcdefgh' }))).to.deep.equal([
      403,
      'NOT_ADMITTED',
      'FED-50',
    ]);
  });

  it('FED-71, FED-74: keys that are not the published ones, or a proof for another room, admit nobody', async () => {
    const lies: JsonObject[] = [
      { ...offer(stranger, guild), keys: [...mallory.identity.keys] },
      { ...offer(stranger, guild), root: mallory.identity.root.key_id },
      { ...offer(stranger, guild), keys: [...stranger.identity.keys].reverse() },
      { ...offer(stranger, guild), proof: stranger.identity.proofFor(channel) },
      { ...offer(stranger, guild), proof: mallory.identity.proofFor(guild) },
    ];
    for (const lie of lies) {
      const answer = await stranger.request(host, 'POST', '/_federation/join_request', {
        room_id: guild,
        user_id: stranger.user('x'),
        ...lie,
      });
      expect(refusal(answer)).to.deep.equal([403, 'FORBIDDEN', 'FED-71']);
    }
    const foreign = await stranger.request(host, 'POST', '/_federation/join_request', {
      room_id: guild,
      user_id: eve,
      ...offer(stranger, guild),
    });
    expect(refusal(foreign)).to.deep.equal([400, 'BAD_REQUEST', 'FED-74']);
  });

  it('FED-76: an admitted server cannot come under another root', async () => {
    const answer = await mallory.request(host, 'POST', '/_federation/join_request', {
      room_id: guild,
      user_id: eve,
      ...offer(mallory, guild),
      root: stranger.identity.root.key_id,
    });
    expect(refusal(answer)).to.deep.equal([403, 'FORBIDDEN', 'FED-76']);
  });

  it('FED-77: nothing but one exact join is ever cosigned', async () => {
    const { code: text } = await alice.post(`/client/v1/guilds/${guild}/invites`, { max_uses: 1 }, 201);
    const code = (text as string).split('@')[0] ?? '';
    const knock = await mallory.request(host, 'POST', '/_federation/join_request', {
      room_id: guild,
      user_id: mallory.user('finn'),
      code,
      ...offer(mallory, guild),
    });
    expect(knock.status).to.equal(200);
    const cosigner = knock.body['cosigner'] as string;
    const via = knock.body['join_authorised_via'] as string;
    expect(via).to.equal(alice.userId);
    await mallory.takeIn(host, guild);
    const room = await mallory.store.rooms.open(guild);
    const join = (change: Partial<EventFields> = {}): RoomEvent =>
      buildEvent(
        {
          type: 'm.room.member',
          sender: mallory.user('finn'),
          state_key: mallory.user('finn'),
          content: { membership: 'join', root: mallory.identity.root.key_id, join_authorised_via: via },
          room_id: guild,
          origin_ts: Date.now(),
          prev_events: room?.extremities ?? [],
          auth_events: [],
          signed_by: [mallory.identity.daily.key_id, cosigner],
          ...change,
        },
        VERSION,
        [mallory.identity.daily],
      );
    const ask = (event: RoomEvent | JsonObject): Promise<Answer> =>
      mallory.request(host, 'POST', '/_federation/cosign', { code, event: ('pdu' in event ? event.pdu : event) as JsonObject });
    const { root } = mallory.identity;
    const hostile: [string, RoomEvent][] = [
      ['a ban', join({ content: { membership: 'ban' } })],
      ['an authority event', join({ type: 'm.guild.authority', state_key: '', content: { roles: {} } })],
      ['another sender', join({ sender: alice.userId })],
      ['another target', join({ state_key: alice.userId })],
      ['another room', join({ room_id: channel })],
      ['another voucher', join({ content: { membership: 'join', root: root.key_id, join_authorised_via: eve } })],
      ['more content', join({ content: { membership: 'join', root: root.key_id, join_authorised_via: via, stay: NOWHERE } })],
      ['without our key', join({ signed_by: [mallory.identity.daily.key_id] })],
      ['our key first', join({ signed_by: [cosigner, mallory.identity.daily.key_id] })],
    ];
    for (const [what, event] of hostile) expect((await ask(event)).status, what).to.equal(400);
    const wrong = {
      ...join().pdu,
      signatures: { [mallory.name]: { [mallory.identity.daily.key_id]: base64encode(new Uint8Array(64)) } },
    };
    expect((await ask(wrong)).status).to.equal(400);
    // The code is whole still; the one join it is for is signed, twice the same, and no second one.
    const good = join();
    const [first, again] = [await ask(good), await ask(good)];
    expect(first.status, JSON.stringify(first.body)).to.equal(200);
    expect(again.body).to.deep.equal(first.body);
    const second = await ask(join({ origin_ts: Date.now() + 1 }));
    expect(refusal(second)).to.deep.equal([403, 'NOT_ADMITTED', 'FED-50']);
  });

  it('FED-73: invitations are checked before anybody sees them', async () => {
    const bob = await host.register('bob');
    const invite = (change: Partial<EventFields> = {}, signer = mallory.identity.daily): RoomEvent =>
      buildEvent(
        {
          type: 'm.room.member',
          sender: eve,
          state_key: bob.userId,
          content: { membership: 'invite' },
          room_id: `!${'1'.repeat(32)}:${mallory.name}`,
          origin_ts: 1,
          prev_events: [NOWHERE],
          auth_events: [],
          ...change,
        },
        VERSION,
        [signer],
      );
    const tell = (event: RoomEvent, more: JsonObject = {}): Promise<Answer> =>
      mallory.request(host, 'POST', '/_federation/invite', {
        event: event.pdu,
        preview: { name: 'x' },
        room_version: VERSION.id,
        via: [],
        ...more,
      });
    for (const version of ['org.openguild.99', '12'])
      expect(refusal(await tell(invite(), { room_version: version }))).to.deep.equal([400, 'UNSUPPORTED_VERSION', 'FED-35']);
    expect(refusal(await tell(invite({ content: { membership: 'join' } })))[0]).to.equal(400);
    expect(refusal(await tell(invite({ sender: alice.userId })))[0]).to.equal(400);
    expect(refusal(await tell(invite({ state_key: `@nobody:${host.name}` })))).to.deep.equal([404, 'NOT_FOUND', 'FED-73']);
    expect(refusal(await tell(invite({ state_key: stranger.user('x') })))).to.deep.equal([404, 'NOT_FOUND', 'FED-73']);
    expect(refusal(await tell(invite({}, signerFromSeed(new Uint8Array(32).fill(5)))))).to.deep.equal([403, 'FORBIDDEN', 'FED-73']);
    const broken = invite();
    const signatures = { [mallory.name]: { [mallory.identity.daily.key_id]: base64encode(new Uint8Array(64)) } };
    expect(refusal(await tell({ ...broken, pdu: { ...broken.pdu, signatures } }))).to.deep.equal([403, 'FORBIDDEN', 'FED-73']);
    expect((await bob.get('/client/v1/invites')).invites).to.deep.equal([]);
    expect((await tell(invite())).status).to.equal(200);
    expect((await bob.get('/client/v1/invites')).invites).to.have.length(1);
    // Hundreds of invitations may wait: what a server says about its room is no way to fill the store, or what the user is shown.
    const previewOf = async (preview: JsonObject): Promise<unknown> => {
      expect((await tell(invite(), { preview })).status).to.equal(200);
      return (await bob.get('/client/v1/invites')).invites[0].preview;
    };
    const largest = { name: 'x'.repeat(16_384 - '{"name":""}'.length) };
    expect(await previewOf(largest)).to.deep.equal(largest);
    expect(await previewOf({ name: `${largest.name}x` })).to.deep.equal({});
    expect(await previewOf({ name: 'é'.repeat(8_200) })).to.deep.equal({});
    expect(await previewOf({ ['__proto__']: { name: 'y' } })).to.deep.equal(JSON.parse('{"__proto__":{"name":"y"}}'));
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`m${i}`, 1]));
    expect(refusal(await tell(invite(), { preview: many })).slice(0, 2)).to.deep.equal([400, 'BAD_REQUEST']);
    expect(refusal(await tell(invite(), { preview: { name: 'x'.repeat(262_144) } })).slice(0, 2)).to.deep.equal([413, 'TOO_LARGE']);
  });
});
