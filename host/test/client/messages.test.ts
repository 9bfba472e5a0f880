import { expect } from 'chai';
import type { Json, TestClient } from './test-client.ts';
import { SERVER_NAME, TestHost } from './test-host.ts';

describe('client API: messages', () => {
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let carol: TestClient;
  let guild: string;
  let channel: string;
  before(async () => {
    host = await TestHost.start();
    [alice, bob, carol] = [await host.register('alice'), await host.register('bob'), await host.register('carol')];
    guild = await alice.guild();
    await alice.invite(guild, bob);
  });
  beforeEach(async () => {
    channel = await alice.channel(guild);
  });
  after(() => host.stop());

  it('carries messages in order to all members', async () => {
    await alice.send(channel, 'one');
    await bob.send(channel, 'two');
    await alice.send(channel, 'three');
    for (const reader of [alice, bob]) expect(await reader.texts(channel)).to.deep.equal(['one', 'two', 'three']);
  });

  it('API-5: refuses who is no member, whatever room they name, and changes nothing', async () => {
    const before = await alice.get(`/client/v1/rooms/${channel}/state_hash`);
    const error = await carol.send(channel, 'intruder', 403);
    expect(error.error).to.include({ code: 'FORBIDDEN' });
    expect(error.error.rule).to.match(/^AUTH-/);
    await carol.send(guild, 'intruder', 403);
    await carol.send(`!${'2'.repeat(44)}:${SERVER_NAME}`, 'intruder', 404);
    const others = await carol.channel(await carol.guild());
    await alice.send(others, 'intruder', 403);
    await alice.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${others}/messages`);
    await alice.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${others}/state`);
    await alice.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${others}/dag`);
    expect(await alice.get(`/client/v1/rooms/${channel}/state_hash`)).to.deep.equal(before);
    expect(await alice.texts(channel)).to.deep.equal([]);
  });

  it('refuses a member who lacks the bit, and what belongs in no channel', async () => {
    await alice.put(`/client/v1/channels/${channel}/overwrites`, {
      overwrites: [{ kind: 'role', id: 'everyone', allow: [], deny: ['SEND_MESSAGES'] }],
    });
    await bob.send(channel, 'hush', 403);
    await alice.send(channel, 'I may');
    for (const type of ['m.room.member', 'm.room.merge', 'm.guild.authority', 'x.unknown']) {
      const error = await alice.fails(403, 'FORBIDDEN', 'POST', `/client/v1/rooms/${channel}/send`, { type, content: {}, txn_id: type });
      expect(error.rule, type).to.match(/^AUTH-/);
    }
    const create = await alice.fails(400, 'BAD_REQUEST', 'POST', `/client/v1/rooms/${channel}/send`, {
      type: 'm.channel.create',
      content: {},
      txn_id: 'create',
    });
    expect(create.rule).to.match(/^EV-/);
    await alice.send(guild, 'no conversation in a guild', 403);
    expect(await alice.texts(channel)).to.deep.equal(['I may']);
  });

  it('API-2: makes one event of a transaction ID that comes again', async () => {
    const path = `/client/v1/rooms/${channel}/send`;
    const body = { content: { body: 'once' }, txn_id: 'again' };
    const first = await alice.post(path, body);
    expect(await alice.post(path, body)).to.deep.equal(first);
    const error = await alice.fails(409, 'TXN_MISMATCH', 'POST', path, { content: { body: 'other' }, txn_id: 'again' });
    expect(error.rule).to.equal('API-2');
    await alice.fails(409, 'TXN_MISMATCH', 'POST', `/client/v1/rooms/${await alice.channel(guild)}/send`, body);
    await bob.post(path, body);
    const otherDevice = host.anonymous();
    otherDevice.token = (await otherDevice.post('/client/v1/login', { username: 'alice', password: 'correct horse battery' })).access_token;
    await otherDevice.post(path, body);
    expect(await alice.texts(channel)).to.deep.equal(['once', 'once', 'once']);
  });

  it('makes one event of identical requests in parallel', async () => {
    const path = `/client/v1/rooms/${channel}/send`;
    const body = { content: { body: 'once' }, txn_id: 'parallel' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => alice.post(path, body)));
    expect(new Set(answers.map((answer: Json) => JSON.stringify(answer))).size).to.equal(1);
    expect(await alice.texts(channel)).to.deep.equal(['once']);
  });

  it('takes many messages at once from several people', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `m${i}`);
    await Promise.all(texts.map((text, i) => (i % 2 === 0 ? alice : bob).send(channel, text)));
    expect((await bob.texts(channel)).toSorted((a, b) => (a < b ? -1 : 1))).to.deep.equal(texts.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('pages through history from newest to oldest without gap or repetition', async () => {
    for (let i = 0; i < 25; i++) await alice.send(channel, `m${i}`);
    const seen: string[] = [];
    let from = '';
    for (let page = 0; page < 20; page++) {
      const answer = await bob.get(`/client/v1/rooms/${channel}/messages?limit=4${from}`);
      seen.push(...(answer.events as Json[]).map((event) => event.event_id));
      if (answer.next === null) break;
      from = `&from=${answer.next}`;
    }
    const whole = await bob.get(`/client/v1/rooms/${channel}/messages?limit=100`);
    expect(seen).to.deep.equal((whole.events as Json[]).map((event) => event.event_id));
    expect(whole.next).to.equal(null);
    expect(new Set(seen).size).to.equal(seen.length);
  });

  it('refuses cursors that it has not written, and limits out of range', async () => {
    for (let i = 0; i < 3; i++) await alice.send(channel, `m${i}`);
    const other = await alice.channel(guild, 'other');
    const { next } = await alice.get(`/client/v1/rooms/${channel}/messages?limit=1`);
    const path = `/client/v1/rooms/${channel}/messages`;
    const forged = Buffer.from(JSON.stringify({ room: channel, boundary: 'nonsense', after: '' })).toString('base64url');
    const deep = Buffer.from('['.repeat(2000)).toString('base64url');
    for (const from of ['x', '%00', '!!!', forged, deep, `${next}x`, 'A'.repeat(9000)])
      await alice.fails(400, 'BAD_REQUEST', 'GET', `${path}?from=${from}`);
    await alice.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/rooms/${other}/messages?from=${next}`);
    for (const query of ['limit=0', 'limit=101', 'limit=-1', 'limit=1.5', 'limit=1e1', 'limit=', 'limit=1&limit=2', 'dir=f']) {
      await alice.fails(400, 'BAD_REQUEST', 'GET', `${path}?${query}`);
    }
    const unknown = Buffer.from(JSON.stringify({ room: channel, boundary: `$${'2'.repeat(44)}`, after: '' })).toString('base64url');
    await alice.fails(400, 'BAD_REQUEST', 'GET', `${path}?from=${unknown}`);
  });

  it('API-4: lets authors and moderators take a message back, and nobody else', async () => {
    const { event_id } = await bob.send(channel, 'regretted');
    const path = `/client/v1/rooms/${channel}/redact`;
    await alice.send(channel, 'kept');
    const kept = (await alice.get(`/client/v1/rooms/${channel}/messages?limit=1`)).events[0].event_id;
    const error = await bob.fails(403, 'FORBIDDEN', 'POST', path, { event_id: kept, txn_id: 'r0' });
    expect(error.rule).to.equal('API-4');
    // The redaction event as such may be sent by any member; it has no effect.
    await bob.post(`/client/v1/rooms/${channel}/send`, { type: 'm.room.redaction', content: { redacts: kept }, txn_id: 'r1' });
    expect(await alice.texts(channel)).to.deep.equal(['regretted', 'kept']);
    const done = await bob.post(path, { event_id, reason: 'typo', txn_id: 'r2' });
    expect(await alice.texts(channel)).to.deep.equal(['(redacted)', 'kept']);
    const shown = await alice.get(`/client/v1/rooms/${channel}/events/${event_id}`);
    expect(shown).to.deep.include({ redacted: true, redacted_by: done.event_id, content: {} });
    expect(JSON.stringify(shown)).not.to.contain('regretted');
    const second = await bob.send(channel, 'rude');
    await alice.post(path, { event_id: second.event_id, txn_id: 'r3' });
    expect(await bob.texts(channel)).to.deep.equal(['(redacted)', 'kept', '(redacted)']);
    await alice.fails(404, 'NOT_FOUND', 'POST', path, { event_id: `$${'2'.repeat(44)}`, txn_id: 'r4' });
    const elsewhere = await alice.channel(guild, 'elsewhere');
    await alice.fails(404, 'NOT_FOUND', 'POST', `/client/v1/rooms/${elsewhere}/redact`, { event_id, txn_id: 'r5' });
  });

  it('shows one event with its graph, and explains it as data and as text', async () => {
    const { event_id } = await bob.send(channel, 'why?');
    const event = await alice.get(`/client/v1/rooms/${channel}/events/${event_id}`);
    expect(event).to.deep.include({ event_id, verdict: 'accepted', soft_failed: false, fault: null, sender: bob.userId });
    expect(event.pdu.guild_heads).to.be.an('array').with.length.greaterThan(0);
    const explanation = await alice.get(`/client/v1/rooms/${channel}/events/${event_id}/explain`);
    expect(JSON.stringify(explanation)).to.match(/AUTH-/);
    const text = await alice.request('GET', `/client/v1/rooms/${channel}/events/${event_id}/explain?format=text`);
    expect(text.headers.get('content-type')).to.equal('text/plain; charset=utf-8');
    expect(text.body).to.be.a('string').that.matches(/AUTH-/);
    await alice.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/rooms/${channel}/events/${event_id}/explain?format=xml`);
    await alice.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/rooms/${channel}/events/nonsense`);
    await alice.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/events/$${'2'.repeat(44)}`);
    await alice.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${guild}/events/${event_id}/explain`);
    await carol.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/events/${event_id}/explain`);
  });

  it('shows state, state hash and graph of a room', async () => {
    const { events } = await bob.get(`/client/v1/rooms/${guild}/state`);
    expect((events as Json[]).map((event) => event.type)).to.include.members([
      'm.guild.create',
      'm.guild.authority',
      'm.room.member',
      'm.guild.meta',
    ]);
    const hash = await bob.get(`/client/v1/rooms/${guild}/state_hash`);
    expect(hash.state_hash).to.match(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
    const { events: dag } = await bob.get(`/client/v1/rooms/${guild}/dag?limit=2000`);
    const ids = new Set((dag as Json[]).map((node) => node.event_id));
    for (const node of dag as Json[]) for (const prev of node.prev_events) expect(ids.has(prev)).to.equal(true);
    expect(hash.heads.every((head: string) => ids.has(head))).to.equal(true);
  });
});
