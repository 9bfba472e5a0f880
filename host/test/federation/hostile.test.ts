import {
  base64encode,
  buildEvent,
  type EventFields,
  type JsonObject,
  type JsonValue,
  NATIVE_VERSION,
  type RoomEvent,
  type RoomVersion,
  roomVersion,
  signerFromSeed,
  utf8Compare,
} from '@openguild/core';
import { expect } from 'chai';
import { contentDigest } from '../../src/federation/content-digest.ts';
import type { TestClient } from '../client/test-client.ts';
import type { TestHost } from '../client/test-host.ts';
import { type Answer, FakeServer } from './fake-server.ts';
import { eventually, localHost } from './local-host.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const NOWHERE = `$${'1'.repeat(32)}`;

/** One host with a public guild, one server that is in it and misbehaves, and one that is not. */
describe('hostile servers', function () {
  this.timeout(60_000);
  let host: TestHost & { readonly name: string };
  let alice: TestClient;
  let mallory: FakeServer;
  let stranger: FakeServer;
  let guild: string;
  let channel: string;
  let secret: string;
  let eve: string;

  before(async () => {
    host = await localHost();
    [mallory, stranger] = [await FakeServer.start(), await FakeServer.start()];
    eve = mallory.user('eve');
    alice = await host.register('alice');
    guild = await alice.guild('Fort');
    channel = await alice.channel(guild, 'general');
    secret = await alice.channel(guild, 'secret');
    await alice.put(`/client/v1/channels/${secret}/overwrites`, {
      overwrites: [{ kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] }],
    });
    await alice.send(secret, 'hush');
    await alice.patch(`/client/v1/guilds/${guild}`, { join_rule: 'public' });
    await mallory.join(host, guild, eve);
    await mallory.takeIn(host, channel);
  });

  after(async () => {
    await host?.stop();
    await mallory?.stop();
    await stranger?.stop();
  });

  const refusal = ({ status, body }: Answer): [number, string | undefined, string | undefined] => [
    status,
    body.error?.code,
    body.error?.rule,
  ];
  const heads = async (room: string): Promise<string> => JSON.stringify(await alice.get(`/client/v1/rooms/${room}/state_hash`));

  /** A channel event with any fields, signed by mallory. */
  async function forged(change: Partial<EventFields> = {}): Promise<RoomEvent> {
    const room = await mallory.store.rooms.open(channel);
    const guildRoom = await mallory.store.rooms.open(guild);
    const fields: EventFields = {
      type: 'm.room.message',
      sender: eve,
      content: { body: 'forged' },
      room_id: channel,
      origin_ts: Date.now(),
      prev_events: room?.extremities ?? [],
      guild_heads: guildRoom?.extremities ?? [],
      ...change,
    };
    return buildEvent(fields, VERSION, [mallory.identity.daily]);
  }

  it('the guild is open to a server that behaves', async () => {
    const event = await mallory.message(channel, eve, 'hello');
    const { status, results } = await mallory.send(host, 'good-1', [event.pdu]);
    expect([status, results[event.event_id]?.outcome]).to.deep.equal([200, 'accepted']);
    expect(await alice.texts(channel)).to.include('hello');
  });

  describe('requests', () => {
    const post = (tamper: Parameters<FakeServer['request']>[4], body: JsonValue = { rooms: {} }): Promise<Answer> =>
      mallory.request(host, 'POST', '/_federation/heads', body, tamper);

    it('a good one is answered', async () => {
      expect((await post({})).status).to.equal(200);
    });

    it('no signature at all', async () => {
      const response = await fetch(`http://${host.name}/_federation/heads`, { method: 'POST', body: '{"rooms":{}}' });
      expect(response.status).to.equal(401);
      expect(((await response.json()) as { error: object }).error).to.include({ code: 'BAD_SIGNATURE', rule: 'FED-10' });
    });

    const cases: [string, string, () => Parameters<FakeServer['request']>[4]][] = [
      ['a missing signature', 'FED-10', () => ({ headers: { signature: undefined } })],
      ['our own name as origin', 'FED-11', () => ({ headers: { 'openguild-origin': host.name } })],
      ['a request for somebody else', 'FED-12', () => ({ destination: 'c.example' })],
      ['a changed body', 'FED-13', () => ({ body: new TextEncoder().encode('{"rooms":{ }}') })],
      ['a wrong digest', 'FED-13', () => ({ headers: { 'content-digest': contentDigest(new Uint8Array(3)) } })],
      [
        'a changed body with its digest',
        'FED-19',
        () => ({
          body: new TextEncoder().encode('{"rooms":{ }}'),
          headers: { 'content-digest': contentDigest(new TextEncoder().encode('{"rooms":{ }}')) },
        }),
      ],
      ['an expired signature', 'FED-17', () => ({ now: Date.now() - 180_000 })],
      ['a signature from the future', 'FED-17', () => ({ now: Date.now() + 120_000 })],
      ['another path', 'FED-19', () => ({ url: '/_federation/missing_events' })],
      ['another query', 'FED-19', () => ({ url: '/_federation/heads?x=1' })],
      ['another origin', 'FED-18', () => ({ headers: { 'openguild-origin': stranger.name } })],
    ];
    for (const [what, rule, tamper] of cases) {
      it(`${what}: ${rule}`, async () => {
        expect(refusal(await post(tamper()))).to.deep.equal([401, 'BAD_SIGNATURE', rule]);
      });
    }

    it('a replay: FED-20', async () => {
      const same = { nonce: new Uint8Array(16).fill(77), now: Date.now() };
      expect((await post(same)).status).to.equal(200);
      expect(refusal(await post(same))).to.deep.equal([401, 'BAD_SIGNATURE', 'FED-20']);
    });

    it('an origin that does not exist: FED-5', async () => {
      expect(refusal(await post({ headers: { 'openguild-origin': 'localhost:1' } }))).to.deep.equal([401, 'BAD_SIGNATURE', 'FED-5']);
    });

    it('an origin at a private address is never asked for its keys: FED-5', async () => {
      for (const origin of ['10.0.0.1', '169.254.169.254', '0.0.0.0:80', '[fd00::1]']) {
        expect(refusal(await post({ headers: { 'openguild-origin': origin } })), origin).to.deep.equal([401, 'BAD_SIGNATURE', 'FED-5']);
      }
    });

    it('a key document that lies: FED-5 or FED-3', async () => {
      const liar = await FakeServer.start();
      try {
        liar.keyDocument = () => stranger.identity.keyDocument(Date.now());
        const [status, code, rule] = refusal(await liar.request(host, 'POST', '/_federation/heads', { rooms: {} }));
        expect([status, code]).to.deep.equal([401, 'BAD_SIGNATURE']);
        expect(rule).to.be.oneOf(['FED-3', 'FED-5']);
      } finally {
        await liar.stop();
      }
    });

    for (const [what, text, code, rule] of [
      ['malformed JSON', '{"rooms":', 'BAD_JSON', /^CJ-/],
      ['a float', '{"rooms":1.5}', 'BAD_JSON', /^CJ-/],
      ['duplicate keys', '{"rooms":{},"rooms":{}}', 'BAD_JSON', /^CJ-/],
      ['a byte order mark', '\uFEFF{"rooms":{}}', 'BAD_JSON', /^CJ-/],
      ['a huge number', '{"rooms":{},"x":9007199254740993}', 'BAD_JSON', /^CJ-/],
      ['deep nesting', `{"rooms":{},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'BAD_JSON', /^CJ-/],
      ['a list', '[]', 'BAD_REQUEST', undefined],
      ['no rooms', '{}', 'BAD_REQUEST', undefined],
      ['a room that is none', '{"rooms":{"x":{"heads":[],"state_hash":"1"}}}', 'BAD_REQUEST', undefined],
    ] as const) {
      it(`${what} in the body: ${code}`, async () => {
        const answer = await mallory.request(host, 'POST', '/_federation/heads', new TextEncoder().encode(text));
        expect(answer.status).to.equal(400);
        expect(answer.body.error?.code).to.equal(code);
        if (rule !== undefined) expect(answer.body.error?.rule).to.match(rule);
      });
    }

    it('a body of more than the limit: TOO_LARGE', async () => {
      const answer = await mallory.request(
        host,
        'POST',
        '/_federation/code',
        new TextEncoder().encode(`{"code":"${'x'.repeat(100_000)}"}`),
      );
      expect(refusal(answer).slice(0, 2)).to.deep.equal([413, 'TOO_LARGE']);
    });
  });

  describe('transactions', () => {
    it('FED-33: the same again is answered the same and changes nothing; another body under its ID is refused', async () => {
      const event = await mallory.message(channel, eve, 'once');
      const first = await mallory.send(host, 'txn-1', [event.pdu]);
      const before = await heads(channel);
      const again = await mallory.send(host, 'txn-1', [event.pdu]);
      expect(again.body).to.deep.equal(first.body);
      const other = await mallory.message(channel, eve, 'twice');
      expect(refusal(await mallory.send(host, 'txn-1', [other.pdu]))).to.deep.equal([409, 'TXN_MISMATCH', 'FED-33']);
      expect(await heads(channel)).to.equal(before);
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
        { ...(await forged()).pdu, hashes: { blake3: '1' } },
        { ...(await forged()).pdu, prev_events: {} },
        { ...(await forged()).pdu, extra: 1 },
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
      const before = await heads(channel);
      const { status, results } = await mallory.send(host, `event-${Math.random().toString(36).slice(2)}`, [pdu]);
      expect(status).to.equal(200);
      const result = key === undefined ? Object.values(results)[0] : results[key];
      expect(await heads(channel)).to.equal(before);
      return `${result?.outcome} ${result?.rule}`;
    }

    it('with a wrong signature', async () => {
      const event = await forged();
      const signatures = { [mallory.name]: { [mallory.identity.daily.key_id]: base64encode(new Uint8Array(64).fill(9)) } };
      expect(await outcomeOf({ ...event.pdu, signatures })).to.match(/^dropped (ENG-5|SIG-)/);
    });

    it('without a signature', async () => {
      expect(await outcomeOf({ ...(await forged()).pdu, signatures: {} })).to.match(/^dropped (EV|SIG)-/);
    });

    it('with the key of a stranger', async () => {
      const own = signerFromSeed(new Uint8Array(32).fill(66));
      const honest = await forged();
      const event = buildEvent({ ...honest, room_id: channel, type: honest.type, sender: eve } as EventFields, VERSION, [own]);
      expect(await outcomeOf(event.pdu)).to.match(/^(rejected|dropped) /);
    });

    it("in the name of somebody else's user", async () => {
      expect(await outcomeOf((await forged({ sender: alice.userId })).pdu)).to.match(/^(rejected|dropped) /);
    });

    it('FED-31: of a room that does not exist, or that the sender is not in', async () => {
      const room = `!${'1'.repeat(32)}:${host.name}`;
      expect(await outcomeOf((await forged({ room_id: room })).pdu)).to.equal('refused FED-31');
      const other = await alice.guild('Other');
      expect(await outcomeOf((await forged({ room_id: other })).pdu)).to.equal('refused FED-31');
    });

    it('of one room said to be of another', async () => {
      const event = await forged();
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
      expect(await outcomeOf((await forged({ guild_heads: [NOWHERE] })).pdu)).to.match(/^(parked|dropped) /);
      expect(await outcomeOf((await forged({ prev_events: [NOWHERE] })).pdu)).to.match(/^(parked|dropped) /);
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
      expect(await outcomeOf((await forged({ guild_heads: [bad.event_id] })).pdu)).to.match(/^rejected /);
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
      for (let i = 0; i < 12; i += 1) branches.push(await forged({ content: { body: `branch ${i}` } }));
      const pdus = branches.map((event) => event.pdu);
      const { results } = await mallory.send(host, 'branches', pdus);
      const outcomes = branches.map((event) => results[event.event_id]);
      expect(outcomes.filter((one) => one?.outcome === 'accepted').length).to.be.within(1, 4);
      for (const one of outcomes) if (one?.outcome !== 'accepted') expect(one).to.include({ outcome: 'soft-failed', rule: 'ENG-14' });
      expect((await alice.get(`/client/v1/rooms/${channel}/state_hash`)).heads.length).to.be.at.most(5);
      const prev = [...branches.map((event) => event.event_id)].sort(utf8Compare);
      const merge = await forged({ type: 'm.room.merge', sender: `@:${mallory.name}`, content: {}, prev_events: prev });
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

  describe('what a server may see', () => {
    it('FED-50: a stranger gets nothing, and the same answer for rooms that do not exist', async () => {
      const nothing = `!${'1'.repeat(32)}:${host.name}`;
      const { extremities } = (await mallory.store.rooms.open(channel)) as { extremities: readonly string[] };
      for (const room of [guild, channel, nothing]) {
        const q = `room_id=${encodeURIComponent(room)}`;
        const answers = await Promise.all([
          stranger.request(host, 'GET', `/_federation/log?${q}`),
          stranger.request(host, 'GET', `/_federation/state?${q}`),
          stranger.request(host, 'GET', `/_federation/backfill?${q}&from=${encodeURIComponent(extremities[0] ?? '')}`),
          stranger.request(host, 'GET', `/_federation/event/${encodeURIComponent(extremities[0] ?? '')}?${q}`),
          stranger.request(host, 'POST', '/_federation/missing_events', {
            room_id: room,
            earliest: [],
            latest: extremities.slice(0, 1),
            limit: 10,
          }),
        ]);
        for (const answer of answers) expect(refusal(answer)).to.deep.equal([403, 'NOT_ADMITTED', 'FED-50']);
        const sent = await stranger.request(host, 'POST', '/_federation/heads', {
          rooms: { [room]: { heads: [], state_hash: '1'.repeat(32) } },
        });
        expect(sent.body).to.deep.equal({ rooms: {} });
      }
    });

    it('FED-56: a stranger gets no media, a member does', async () => {
      const upload = await alice.request('PUT', '/client/v1/media/upload?file_name=a.txt', new TextEncoder().encode('hello file'));
      const id = (upload.body.uri as string).split('/').at(-1) ?? '';
      expect(refusal(await stranger.request(host, 'GET', `/_federation/media/${id}`))).to.deep.equal([403, 'NOT_ADMITTED', 'FED-50']);
      const got = await mallory.request(host, 'GET', `/_federation/media/${id}`);
      expect([got.status, Buffer.from(got.bytes).toString()]).to.deep.equal([200, 'hello file']);
      for (const bad of ['..%2F..%2Fkeys%2Froot.json', '%2e%2e', 'a%00b', 'x'.repeat(200)]) {
        expect((await mallory.request(host, 'GET', `/_federation/media/${bad}`)).status).to.be.oneOf([400, 404]);
      }
    });

    it('FED-51: a member without VIEW_CHANNEL gets a private channel redacted, and its heads not at all', async () => {
      const q = `room_id=${encodeURIComponent(secret)}`;
      const { status, body } = await mallory.request(host, 'GET', `/_federation/log?${q}`);
      expect(status).to.equal(200);
      expect(JSON.stringify(body)).to.not.include('hush');
      const answer = await mallory.request(host, 'POST', '/_federation/heads', {
        rooms: { [secret]: { heads: [], state_hash: '1'.repeat(32) } },
      });
      expect(answer.body).to.deep.equal({ rooms: {} });
    });

    it('FED-22: bad queries: BAD_REQUEST', async () => {
      const q = `room_id=${encodeURIComponent(channel)}`;
      for (const path of [
        'log',
        'log?room_id=',
        `log?${q}&limit=0`,
        `log?${q}&limit=101`,
        `log?${q}&limit=1e1`,
        `log?${q}&after=x`,
        `log?${q}&after=-1.${NOWHERE}`,
        `backfill?${q}`,
        `backfill?${q}&from=x`,
        `log?${q}&${q}`,
      ]) {
        expect(refusal(await mallory.request(host, 'GET', `/_federation/${path}`)).slice(0, 2), path).to.deep.equal([400, 'BAD_REQUEST']);
      }
    });

    it('FED-52, FED-53, FED-54: events in pages, in causal order, whole', async () => {
      const { extremities } = (await mallory.store.rooms.open(channel)) as { extremities: readonly string[] };
      const q = `room_id=${encodeURIComponent(channel)}`;
      const back = await mallory.request(
        host,
        'GET',
        `/_federation/backfill?${q}&from=${encodeURIComponent(extremities[0] ?? '')}&limit=5`,
      );
      expect(back.body['events']).to.have.length(5);
      const missing = await mallory.request(host, 'POST', '/_federation/missing_events', {
        room_id: channel,
        earliest: [],
        latest: [...extremities],
        limit: 5,
      });
      expect(missing.body['events']).to.have.length(5);
      const one = await mallory.request(host, 'GET', `/_federation/event/${encodeURIComponent(extremities[0] ?? '')}?${q}`);
      expect(one.status).to.equal(200);
      const none = await mallory.request(host, 'GET', `/_federation/event/${encodeURIComponent(NOWHERE)}?${q}`);
      expect(refusal(none).slice(0, 2)).to.deep.equal([404, 'NOT_FOUND']);
    });
  });

  describe('joining and inviting', () => {
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
    });
  });
});
