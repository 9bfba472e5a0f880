import {
  base64encode,
  buildEvent,
  type EventFields,
  type JsonObject,
  type JsonValue,
  readJson,
  type RoomEvent,
  signerFromSeed,
  utf8Compare,
} from '@openguild/core';
import { expect } from 'chai';
import { forged, forgedInGuild, heads, type HostileWorld, hostileWorld, NOWHERE, refusal, VERSION } from './hostile-world.ts';
import { eventually } from './local-host.ts';

describe('hostile servers: transactions and events', function () {
  this.timeout(60_000);
  let world: HostileWorld;
  let host: HostileWorld['host'];
  let alice: HostileWorld['alice'];
  let mallory: HostileWorld['mallory'];
  let stranger: HostileWorld['stranger'];
  let guild: HostileWorld['guild'];
  let channel: HostileWorld['channel'];
  let secret: HostileWorld['secret'];
  let eve: HostileWorld['eve'];

  before(async () => {
    world = await hostileWorld();
    ({ host, alice, mallory, stranger, guild, channel, secret, eve } = world);
  });

  after(() => world?.stop());

  it('the guild is open to a server that behaves', async () => {
    const event = await mallory.message(channel, eve, 'hello');
    const { status, results } = await mallory.send(host, 'good-1', [event.pdu]);
    expect([status, results[event.event_id]?.outcome]).to.deep.equal([200, 'accepted']);
    expect(await alice.texts(channel)).to.include('hello');
  });

  describe('transactions', () => {
    it('FED-33: the same again is answered the same and changes nothing; another body under its ID is refused', async () => {
      const event = await mallory.message(channel, eve, 'once');
      const first = await mallory.send(host, 'txn-1', [event.pdu]);
      const before = await heads(world, channel);
      const again = await mallory.send(host, 'txn-1', [event.pdu]);
      expect(again.body).to.deep.equal(first.body);
      const other = await mallory.message(channel, eve, 'twice');
      expect(refusal(await mallory.send(host, 'txn-1', [other.pdu]))).to.deep.equal([409, 'TXN_MISMATCH', 'FED-33']);
      expect(await heads(world, channel)).to.equal(before);
      expect((await mallory.send(host, 'txn-2', [other.pdu])).results[other.event_id]?.outcome).to.equal('accepted');
      expect((await alice.texts(channel)).filter((text) => text === 'once')).to.have.length(1);
    });

    it('two copies in parallel are one', async () => {
      const event = await mallory.message(channel, eve, 'parallel');
      const answers = await Promise.all([1, 2, 3].map(() => mallory.send(host, 'txn-3', [event.pdu])));
      for (const answer of answers) expect(answer.results[event.event_id]?.outcome).to.equal('accepted');
      expect((await alice.texts(channel)).filter((text) => text === 'parallel')).to.have.length(1);
    });

    it('FED-30: 51 events, 101 ephemeral messages, another origin, a bad ID: BAD_REQUEST', async () => {
      const bodies: JsonValue[] = [
        { origin: mallory.name, pdus: Array.from({ length: 51 }, () => ({})), edus: [] },
        { origin: mallory.name, pdus: [], edus: Array.from({ length: 101 }, () => ({})) },
        { origin: stranger.name, pdus: [], edus: [] },
        { origin: mallory.name, pdus: {}, edus: [] },
        { pdus: [], edus: [] },
      ];
      for (const [i, body] of bodies.entries()) {
        expect(refusal(await mallory.request(host, 'POST', `/_federation/send/bad-${i}`, body)).slice(0, 2)).to.deep.equal([
          400,
          'BAD_REQUEST',
        ]);
      }
      const bad = await mallory.request(host, 'POST', '/_federation/send/a%20b', { origin: mallory.name, pdus: [], edus: [] });
      expect(refusal(bad)).to.deep.equal([400, 'BAD_REQUEST', 'FED-30']);
    });

    it('ephemeral messages, in whose name ever and whatever they hold, change nothing and hold up no event', async () => {
      const before = [await heads(world, guild), JSON.stringify((await alice.get('/client/v1/sync')).rooms)];
      const edus: JsonValue[] = [
        { type: 'm.receipt', sender: alice.userId, content: { [channel]: { 'm.read': { [alice.userId]: { event_ids: [NOWHERE] } } } } },
        { type: 'm.presence', content: { push: [{ user_id: alice.userId, presence: 'offline' }] } },
        { type: 'm.device_list_update', content: { user_id: alice.userId, device_id: 'x', deleted: true } },
        { type: 'm.signing_key_update', content: { user_id: alice.userId, master_key: {} } },
        { type: 'm.direct_to_device', content: { sender: alice.userId, messages: { [alice.userId]: { '*': {} } } } },
        { type: 'm.typing', content: { room_id: secret, user_id: alice.userId, typing: true } },
        {},
        { type: 7, content: null },
        { type: '__proto__', ['__proto__']: { x: 1 }, constructor: [] },
      ];
      const event = await mallory.message(channel, eve, 'beside ephemeral ones');
      const body = { origin: mallory.name, pdus: [event.pdu], edus };
      const { status, body: answer } = await mallory.request(host, 'POST', '/_federation/send/edus', body);
      expect([status, Object.keys(answer['results'] as JsonObject)]).to.deep.equal([200, [event.event_id]]);
      expect(await alice.texts(channel)).to.include('beside ephemeral ones');
      expect([await heads(world, guild), JSON.stringify((await alice.get('/client/v1/sync')).rooms)]).to.deep.equal(before);
      for (const bad of [[null], ['x'], [[]], {}, null]) {
        const refused = await mallory.request(host, 'POST', '/_federation/send/bad-edus', { origin: mallory.name, pdus: [], edus: bad });
        expect(refusal(refused).slice(0, 2)).to.deep.equal([400, 'BAD_REQUEST']);
      }
    });

    it('FED-32: what is refused is quoted in whole characters: the sender reads the answer as strictly as we do', async () => {
      const torn = `${'x'.repeat(63)}\u{1f600}`;
      await mallory.takeIn(host, guild);
      const guildEvent = (type: string, state_key: string, content: JsonObject): Promise<JsonObject> =>
        forgedInGuild(world, { type, state_key, content });
      const pdus: JsonValue[] = [
        await guildEvent('m.guild.authority', '', { roles: { [torn]: { rank: 0, allow: '0' } } }),
        await guildEvent('m.guild.role', torn, { name: 'x' }),
        { ...(await forged(world)).pdu, [torn]: 1 },
        { ...(await forged(world)).pdu, signatures: { [torn]: 1 } },
        { room_id: torn },
        { type: 'm.channel.create', content: { guild, room_version: torn } },
      ];
      const { status, bytes, results } = await mallory.send(host, 'torn', pdus);
      expect([status, Object.keys(results).length]).to.deep.equal([200, pdus.length]);
      expect(Object.values(results).map(({ rule }) => rule)).to.include.members(['AUTH-3.7', 'EV-2', 'EV-17', 'FED-31']);
      expect(readJson(bytes)).to.have.property('ok', true);
    });

    it('FED-32: one poisoned event among fifty changes nothing for the others', async () => {
      const good: RoomEvent[] = [];
      for (let i = 0; i < 20; i += 1) good.push(await mallory.message(channel, eve, `good ${i}`));
      const bad: JsonValue[] = [
        null,
        7,
        'x',
        [],
        {},
        { type: 'm.room.message' },
        { room_id: channel },
        { room_id: 7 },
        { type: 'm.channel.create', content: { guild } },
        { type: 'm.channel.create', content: null },
        { ...(await forged(world)).pdu, hashes: { blake3: '1' } },
        { ...(await forged(world)).pdu, prev_events: {} },
        { ...(await forged(world)).pdu, extra: 1 },
        { room_id: channel, ['__proto__']: { x: 1 }, constructor: 1 },
        JSON.parse(`{"room_id":${JSON.stringify(channel)},"content":${'['.repeat(150)}${']'.repeat(150)}}`) as JsonValue,
      ];
      const pdus = good.flatMap((event, i) => [event.pdu as JsonValue, ...(i < bad.length ? [bad[i] as JsonValue] : [])]);
      const { status, results } = await mallory.send(host, 'poison', pdus);
      expect(status).to.equal(200);
      for (const event of good) expect(results[event.event_id]?.outcome).to.equal('accepted');
      expect(Object.values(results).filter(({ outcome }) => outcome !== 'accepted')).to.have.length(bad.length);
      expect(await alice.texts(channel)).to.include('good 19');
    });
  });

  describe('events', () => {
    async function outcomeOf(pdu: JsonValue, key?: string): Promise<string> {
      const before = await heads(world, channel);
      const { status, results } = await mallory.send(host, `event-${Math.random().toString(36).slice(2)}`, [pdu]);
      expect(status).to.equal(200);
      const result = key === undefined ? Object.values(results)[0] : results[key];
      expect(await heads(world, channel)).to.equal(before);
      return `${result?.outcome} ${result?.rule}`;
    }

    it('with a wrong signature', async () => {
      const event = await forged(world);
      const signatures = { [mallory.name]: { [mallory.identity.daily.key_id]: base64encode(new Uint8Array(64).fill(9)) } };
      expect(await outcomeOf({ ...event.pdu, signatures })).to.match(/^dropped (ENG-5|SIG-)/);
    });

    it('without a signature', async () => {
      expect(await outcomeOf({ ...(await forged(world)).pdu, signatures: {} })).to.match(/^dropped (EV|SIG)-/);
    });

    it('with the key of a stranger', async () => {
      const own = signerFromSeed(new Uint8Array(32).fill(66));
      const honest = await forged(world);
      const event = buildEvent({ ...honest, room_id: channel, type: honest.type, sender: eve } as EventFields, VERSION, [own]);
      expect(await outcomeOf(event.pdu)).to.match(/^(rejected|dropped) /);
    });

    it("in the name of somebody else's user", async () => {
      expect(await outcomeOf((await forged(world, { sender: alice.userId })).pdu)).to.match(/^(rejected|dropped) /);
    });

    it('that throw out, ban, promote or admit as their sender may not, or in the name of who may', async () => {
      await mallory.takeIn(host, guild);
      const before = await heads(world, guild);
      const { root, keys } = stranger.identity;
      const acts: [string, string, JsonObject][] = [
        ['m.room.member', alice.userId, { membership: 'leave' }],
        ['m.room.member', alice.userId, { membership: 'ban' }],
        ['m.room.member', stranger.user('x'), { membership: 'join', root: root.key_id }],
        ['m.room.join_rules', '', { join_rule: 'invite' }],
        ['m.guild.authority', '', { roles: { everyone: { rank: 0, allow: '18446744073709551615' } } }],
        ['m.guild.successor', '', { guild: `!${'1'.repeat(32)}:${mallory.name}` }],
        ['m.server.admission', stranger.name, { root: root.key_id, keys: [...keys], rank: 9, proof: stranger.identity.proofFor(guild) }],
      ];
      for (const [type, state_key, content] of acts) {
        const byEve = await forgedInGuild(world, { type, state_key, content });
        expect(await outcomeOf(byEve), `${type} by eve`).to.match(/^rejected AUTH-/);
        const asAlice = await forgedInGuild(world, { type, state_key, content, sender: alice.userId });
        expect(await outcomeOf(asAlice), `${type} as alice`).to.match(/^(rejected AUTH-1.4|dropped )/);
      }
      expect(await heads(world, guild)).to.equal(before);
    });

    it('FED-31: of a room that does not exist, or that the sender is not in', async () => {
      const room = `!${'1'.repeat(32)}:${host.name}`;
      expect(await outcomeOf((await forged(world, { room_id: room })).pdu)).to.equal('refused FED-31');
      const other = await alice.guild('Other');
      expect(await outcomeOf((await forged(world, { room_id: other })).pdu)).to.equal('refused FED-31');
    });

    it('of one room said to be of another', async () => {
      const event = await forged(world);
      expect(await outcomeOf({ ...event.pdu, room_id: guild })).to.match(/^(dropped|rejected|parked) /);
    });

    it('FED-31, FED-35: that creates a room of an unknown version, or a guild', async () => {
      const make = (type: string, content: JsonObject): JsonObject => {
        const { pdu } = buildEvent(
          {
            type,
            sender: eve,
            state_key: '',
            content,
            origin_ts: 1,
            prev_events: [],
            ...(type === 'm.channel.create' ? { guild_heads: [NOWHERE] } : {}),
          },
          VERSION,
          [mallory.identity.daily],
        );
        return { ...pdu, content: { ...(pdu['content'] as JsonObject), ...content } };
      };
      expect(await outcomeOf(make('m.channel.create', { guild, room_version: 'org.openguild.99', kind: 'text' }))).to.equal(
        'refused FED-35',
      );
      const { root, keys } = mallory.identity;
      expect(await outcomeOf(make('m.guild.create', { root: root.key_id, keys: [...keys] }))).to.equal('refused FED-31');
    });

    it('that cites an unknown guild event, or an unknown event', async () => {
      mallory.handle = () => ({ status: 200, body: { events: [] } });
      expect(await outcomeOf((await forged(world, { guild_heads: [NOWHERE] })).pdu)).to.match(/^(parked|dropped) /);
      expect(await outcomeOf((await forged(world, { prev_events: [NOWHERE] })).pdu)).to.match(/^(parked|dropped) /);
    });

    it('that cites a rejected guild event', async () => {
      const room = await mallory.store.rooms.open(guild);
      // Eve may not rename the guild.
      const honest = (await mallory.make(guild, { type: 'm.room.merge', sender: `@:${mallory.name}`, content: {} })).event;
      expect((await mallory.send(host, 'merge', [honest.pdu])).results[honest.event_id]?.outcome).to.equal('accepted');
      const bad = buildEvent(
        {
          type: 'm.guild.meta',
          sender: eve,
          state_key: '',
          content: { name: 'Mine' },
          room_id: guild,
          origin_ts: Date.now(),
          prev_events: room?.extremities ?? [],
          auth_events: honest.auth_events as string[],
        },
        VERSION,
        [mallory.identity.daily],
      );
      expect(await outcomeOf(bad.pdu)).to.match(/^rejected /);
      expect(await outcomeOf((await forged(world, { guild_heads: [bad.event_id] })).pdu)).to.match(/^rejected /);
      expect((await alice.get(`/client/v1/guilds/${guild}`)).name).to.equal('Fort');
    });

    it('with content that does not fit its hash is kept redacted, and healed by an honest copy', async () => {
      const event = await mallory.message(channel, eve, 'the original');
      const altered = { ...event.pdu, content: { body: 'altered' } };
      const { results } = await mallory.send(host, 'altered', [altered]);
      expect(results[event.event_id]?.outcome).to.equal('accepted');
      expect(await alice.texts(channel)).to.not.include('altered');
      await mallory.send(host, 'healed', [event.pdu]);
      expect(await alice.texts(channel)).to.include('the original');
    });

    it('ENG-14: of one server’s branches four are followed, and the others once it merges them', async () => {
      const branches: RoomEvent[] = [];
      for (let i = 0; i < 12; i += 1) branches.push(await forged(world, { content: { body: `branch ${i}` } }));
      const pdus = branches.map((event) => event.pdu);
      const { results } = await mallory.send(host, 'branches', pdus);
      const outcomes = branches.map((event) => results[event.event_id]);
      expect(outcomes.filter((one) => one?.outcome === 'accepted').length).to.be.within(1, 4);
      for (const one of outcomes) if (one?.outcome !== 'accepted') expect(one).to.include({ outcome: 'soft-failed', rule: 'ENG-14' });
      expect((await alice.get(`/client/v1/rooms/${channel}/state_hash`)).heads.length).to.be.at.most(5);
      const prev = [...branches.map((event) => event.event_id)].sort(utf8Compare);
      const merge = await forged(world, { type: 'm.room.merge', sender: `@:${mallory.name}`, content: {}, prev_events: prev });
      const merged = await mallory.send(host, 'branches-merged', [merge.pdu]);
      expect(merged.results[merge.event_id]?.outcome).to.equal('accepted');
      expect(await alice.texts(channel)).to.include.members(branches.map((_, i) => `branch ${i}`));
      await mallory.takeIn(host, channel);
    });

    it('FED-37: of which each lacks something that the sender has as well: it is fetched, while the sender waits for the answer', async () => {
      const chain = [
        await mallory.message(channel, eve, 'link 0'),
        await mallory.message(channel, eve, 'link 1'),
        await mallory.message(channel, eve, 'link 2'),
      ];
      mallory.handle = (path) =>
        path === '/_federation/missing_events'
          ? { status: 200, body: { events: chain.map((event) => event.pdu) } }
          : { status: 200, body: { results: {} } };
      const last = chain.at(-1) as RoomEvent;
      expect((await mallory.send(host, 'tip', [last.pdu])).results[last.event_id]?.outcome).to.equal('accepted');
      expect(await alice.texts(channel)).to.include.members(['link 0', 'link 1', 'link 2']);
    });

    it('FED-36: that cite what their sender never gives are parked, whatever it answers instead', async () => {
      const hidden = await mallory.message(channel, eve, 'hidden');
      const shown = await mallory.message(channel, eve, 'shown');
      const garbage: JsonValue[] = [
        null,
        [],
        {},
        { events: null },
        { events: [null, 7, {}] },
        { events: [shown.pdu] },
        { events: [{ ...hidden.pdu, room_id: guild }] },
      ];
      for (const [i, body] of garbage.entries()) {
        mallory.handle = () => ({ status: 200, body });
        const { results } = await mallory.send(host, `withheld-${i}`, [shown.pdu]);
        expect(results[shown.event_id]?.outcome).to.equal('parked');
      }
      // What it lacks comes after all, by itself: the parked event follows.
      await mallory.send(host, 'given', [hidden.pdu]);
      await eventually(
        'the parked event',
        () => alice.texts(channel),
        (texts) => texts.includes('shown'),
      );
    });

    it('and after all this the host still speaks', async () => {
      await alice.send(channel, 'still here');
      await eventually(
        'delivery to mallory',
        async () =>
          mallory.received.filter(({ path, body }) => path.startsWith('/_federation/send/') && JSON.stringify(body).includes('still here'))
            .length,
        (count) => count > 0,
      );
    });
  });
});
