import { base64decode, type JsonObject, verifyPortable, publicKeyOf, admissionMessage, type JsonValue } from '@openguild/core';
import { expect } from 'chai';
import type { TestClient } from '../client/test-client.ts';
import type { TestHost } from '../client/test-host.ts';
import { type Answer, FakeServer } from './fake-server.ts';
import { localHost } from './local-host.ts';

type Pdu = Record<string, any>;

describe('what a host answers other servers', function () {
  this.timeout(60_000);
  let host: TestHost & { readonly name: string };
  let alice: TestClient;
  let peer: FakeServer;
  let stranger: FakeServer;
  let guild: string;
  let channel: string;
  let eve: string;

  before(async () => {
    host = await localHost();
    [peer, stranger] = [await FakeServer.start(), await FakeServer.start()];
    eve = peer.user('eve');
    alice = await host.register('alice');
    guild = await alice.guild('Pier');
    channel = await alice.channel(guild, 'general');
    await alice.patch(`/client/v1/guilds/${guild}`, { join_rule: 'public' });
    await peer.join(host, guild, eve);
    for (let i = 0; i < 5; i++) await alice.send(channel, `message ${i}`);
    await peer.takeIn(host, guild);
    await peer.takeIn(host, channel);
  });

  after(async () => {
    await host?.stop();
    await peer?.stop();
    await stranger?.stop();
  });

  const get = (path: string, query: Readonly<Record<string, string>>): Promise<Answer> =>
    peer.request(host, 'GET', `/_federation/${path}?${new URLSearchParams(query)}`);
  const post = (path: string, body: JsonValue, by = peer): Promise<Answer> => by.request(host, 'POST', `/_federation/${path}`, body);
  const eventsOf = ({ body }: Answer): Pdu[] => body['events'] as Pdu[];
  const bodies = (events: readonly Pdu[]): string[] => events.map((one) => one['content'].body).filter((body) => body !== undefined);
  /** The channel's one head at the peer, which is where it ends at the host. */
  const head = async (room = channel): Promise<string> => ((await peer.store.rooms.open(room))?.extremities ?? [])[0] as string;

  it('FED-22: unknown fields and query parameters are ignored, missing ones are BAD_REQUEST', async () => {
    const wanted = { room_id: channel, earliest: [], latest: [await head()], limit: 1 };
    expect((await post('missing_events', { ...wanted, color: 'blue' })).status).to.equal(200);
    expect((await get('state', { room_id: channel, color: 'blue' })).status).to.equal(200);
    for (const name of Object.keys(wanted)) {
      const { [name as 'limit']: _left, ...rest } = wanted;
      const { status, body } = await post('missing_events', rest);
      expect([status, body.error?.code], name).to.deep.equal([400, 'BAD_REQUEST']);
    }
    for (const limit of [0, 101, '1', null]) expect((await post('missing_events', { ...wanted, limit })).status).to.equal(400);
  });

  it('FED-23: an event that nests too deep is dropped by itself', async () => {
    const good = await peer.message(channel, eve, 'beside a deep one');
    const deep = (levels: number): JsonObject => ({
      ...good.pdu,
      content: { body: 'deep', x: JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as JsonValue },
    });
    const { status, results } = await peer.send(host, 'deep', [deep(190), good.pdu]);
    expect(status).to.equal(200);
    expect(results[good.event_id]?.outcome).to.equal('accepted');
    expect(await alice.texts(channel))
      .to.include('beside a deep one')
      .and.not.include('deep');
    await peer.takeIn(host, channel);
  });

  it('FED-51: a channel is whole for a server with a member who may view it', async () => {
    expect(bodies(eventsOf(await get('log', { room_id: channel })))).to.include.members(['message 0', 'message 4']);
  });

  it('FED-53: missing events end at the earliest; the deepest come if there are more; what is cited comes first', async () => {
    const all = eventsOf(await get('log', { room_id: channel }));
    const latest = [await head()];
    const ids = async (earliest: readonly string[], limit: number): Promise<string[]> =>
      bodies(eventsOf(await post('missing_events', { room_id: channel, earliest, latest, limit })));
    expect(await ids([], 2)).to.deep.equal(bodies(all).slice(-2));
    const back = eventsOf(await get('backfill', { room_id: channel, from: latest[0] as string, limit: '100' }));
    const [earliest] = (back[1] as Pdu)['prev_events'] as string[];
    const between = eventsOf(await post('missing_events', { room_id: channel, earliest: [earliest as string], latest, limit: 100 }));
    expect(bodies(between)).to.deep.equal(bodies(all).slice(-2));
  });

  it('FED-54: backfill begins with the events asked for and goes back, newest first', async () => {
    const from = await head();
    const back = eventsOf(await get('backfill', { room_id: channel, from, limit: '100' }));
    const forth = eventsOf(await get('log', { room_id: channel }));
    expect(back.map((one) => one['origin_ts'])).to.deep.equal(forth.map((one) => one['origin_ts']).toReversed());
    expect(eventsOf(await get('backfill', { room_id: channel, from, limit: '2' }))).to.deep.equal(back.slice(0, 2));
  });

  it('FED-55: the log gives the whole room in pages, the create event first', async () => {
    const whole = eventsOf(await get('log', { room_id: channel }));
    expect(whole[0]).to.include({ type: 'm.channel.create' });
    const paged: Pdu[] = [];
    for (let after: string | null = null; ; ) {
      const { body } = await get('log', { room_id: channel, limit: '3', ...(after === null ? {} : { after }) });
      expect(body['heads']).to.deep.equal([await head()]);
      expect((body['events'] as Pdu[]).length).to.be.at.most(3);
      paged.push(...(body['events'] as Pdu[]));
      if (body['next'] === null) break;
      after = body['next'] as string;
    }
    expect(paged).to.deep.equal(whole);
    const all = await get('log', { room_id: channel, limit: String(whole.length) });
    expect([eventsOf(all).length, all.body['next']]).to.deep.equal([whole.length, null]);
  });

  it('FED-57, FED-60: the state for comparing, and where a room ends', async () => {
    const { body } = await get('state', { room_id: guild });
    const mine = await peer.runner.ask(guild, (room) => room.currentState());
    const rows = [...mine.entries()].map(([type, key, id]) => [type, key, id].join(' '));
    expect((body['state'] as string[][]).map((row) => row.join(' '))).to.have.members(rows);
    const hash = await peer.runner.ask(guild, (room) => room.stateHash());
    expect(body).to.deep.include({ heads: [await head(guild)], state_hash: hash });
    const said = { heads: [await head(guild)], state_hash: hash };
    const elsewhere = `!${'1'.repeat(32)}:${host.name}`;
    expect((await post('heads', { rooms: { [guild]: said, [elsewhere]: said } })).body).to.deep.equal({ rooms: { [guild]: said } });
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`!${'1'.repeat(32)}:h${i}.example`, said]));
    expect((await post('heads', { rooms: many })).status).to.equal(400);
  });

  it('FED-70: tells anybody its keys, proved for the room that was asked about', async () => {
    const { status, body } = await post('admission', { room_id: guild }, stranger);
    const { root, keys, proof } = body as unknown as { root: string; keys: string[]; proof: string };
    expect(status).to.equal(200);
    const check = {
      key_id: root,
      public_key: publicKeyOf(root) as Uint8Array,
      message: admissionMessage(guild, host.name, root, keys),
      signature: base64decode(proof) as Uint8Array,
    };
    expect(verifyPortable(check)).to.equal(true);
    expect((await post('admission', { room_id: 'guild' }, stranger)).status).to.equal(400);
  });
});
