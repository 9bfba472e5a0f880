import { expect } from 'chai';
import { addSignature, eventMessage, type JsonObject, NATIVE_VERSION, type RoomEvent, RULES } from '@openguild/core';
import { MemoryStore, RoomRunner, type Store, UnknownEventError, UnknownRoomError, verifyWithNode } from '@openguild/storage';
import { keysOf, rootOf, signer, TestServer } from './test-server.ts';
import { A, B, BOB, CAROL, OLGA, twoServers, type TwoServers } from './two-servers.ts';
import { withStores } from './with-stores.ts';

withStores('a guild on two runners', (stores) => {
  let two: TwoServers;
  beforeEach(async () => {
    two = await twoServers({ a: await stores.get('a'), b: await stores.get('b') });
  });
  afterEach(() => {
    expect(two.a.errors).to.deep.equal([]);
    expect(two.b.errors).to.deep.equal([]);
  });
  /** Messages by olga that only a has. */
  const messages = async (count: number): Promise<RoomEvent[]> => {
    const sent: RoomEvent[] = [];
    for (let i = 0; i < count; i++) sent.push(await two.a.say(two.channel, OLGA, `message ${i}`));
    return sent;
  };

  it('agrees on state and history', async () => {
    const sent = [two.channelCreate, ...(await messages(5))];
    for (const event of sent) expect((await two.b.receive(event)).kind).to.equal('accepted');
    sent.push(await two.b.say(two.channel, BOB, 'hello'));
    expect((await two.a.receive(sent.at(-1) as RoomEvent, B)).kind).to.equal('accepted');
    for (const room of [two.guild, two.channel]) expect(await two.a.view(room)).to.deep.equal(await two.b.view(room));
  });

  it('tells listeners what was committed, with positions', async () => {
    await messages(2);
    const last = two.a.commits.at(-1);
    expect(last?.room.extremities).to.deep.equal([last?.effects.stored.event.event_id]);
    expect(last?.stored.map((stored) => stored.event.event_id)).to.deep.equal(last?.effects.enters_history);
    expect(last?.positions).to.deep.equal([await two.a.store.rooms.position()]);
    expect(last?.destinations).to.deep.equal([B]);
    const rows = await two.a.store.rooms.stream(0, 1_000);
    expect(two.a.commits.flatMap((commit) => commit.positions)).to.deep.equal(rows.map((row) => row.position));
  });

  it('queues its own events for the servers before and after them, and no others', async () => {
    const waiting = async (server: TestServer, destination: string): Promise<string[]> =>
      (await server.store.outgoing.peek(destination, 1_000)).map((item) => item.event_id);
    expect(await waiting(two.a, A)).to.deep.equal([]);
    const join = two.guildEvents.find((event) => event.sender === BOB) as RoomEvent;
    expect(await waiting(two.b, A)).to.deep.equal([join.event_id]);
    const ban = await two.a.add(two.guild, OLGA, 'm.room.member', { membership: 'ban' }, BOB);
    expect((await waiting(two.a, B)).at(-1)).to.equal(ban.event_id);
    const after = await two.a.say(two.channel, OLGA, 'bob is gone');
    const unsent = await two.a.runner.create(two.channel, two.a.draft(OLGA, 'm.room.message', {}), two.a.signers, { outgoing: false });
    for (const event of [after, unsent.event]) expect(await waiting(two.a, B)).to.not.include(event.event_id);
  });

  it('refuses what the rules refuse, and changes nothing', async () => {
    const position = await two.a.store.rooms.position();
    const made = await two.a.runner.create(two.channel, two.a.draft('@eve:a.example', 'm.room.message', {}), two.a.signers);
    expect(made.outcome).to.have.nested.property('fault.rule');
    expect(() => made.event).to.throw(/refused/);
    const wrongVersion = await two.a.runner.create(null, two.a.draft(OLGA, 'm.guild.create', { room_version: 'x' }, ''), two.a.signers);
    expect(wrongVersion.outcome.kind).to.equal('refused');
    const wrongKeys = await two.a.runner.create(
      null,
      two.a.draft(OLGA, 'm.guild.create', { root: rootOf(B), keys: keysOf(B) }, ''),
      two.a.signers,
    );
    expect(wrongKeys.outcome.kind).to.equal('refused');
    expect(await two.a.store.rooms.position()).to.equal(position);
    expect(await two.a.store.rooms.list()).to.have.length(2);
  });

  it('makes one event of one client transaction, also when asked at the same time', async () => {
    const client_txn = { user_id: OLGA, device_id: 'd', txn_id: 't' };
    const send = () =>
      two.a.runner.create(two.channel, two.a.draft(OLGA, 'm.room.message', { body: 'once' }), two.a.signers, { client_txn });
    const made = await Promise.all([send(), send(), send()]);
    expect(new Set(made.map((one) => one.event.event_id)).size).to.equal(1);
    expect(new Set(made.map((one) => one.position)).size).to.equal(1);
    expect(made.map((one) => one.repeated)).to.deep.equal([false, true, true]);
    const elsewhere = await two.a.runner.create(two.guild, two.a.draft(OLGA, 'm.guild.meta', {}, ''), two.a.signers, { client_txn });
    expect(elsewhere.event.event_id).to.equal(made[0]?.event.event_id);
    const create = () =>
      two.a.runner.create(null, two.a.draft(OLGA, 'm.guild.create', { root: rootOf(A), keys: keysOf(A) }, ''), two.a.signers, {
        client_txn: { ...client_txn, txn_id: 'g' },
      });
    const guilds = await Promise.all([create(), create()]);
    expect(guilds[0]?.event.event_id).to.equal(guilds[1]?.event.event_id);
  });

  it('makes events of many requests at once, each after the last', async () => {
    const sent = await Promise.all(Array.from({ length: 30 }, (_, i) => two.a.say(two.channel, i % 2 === 0 ? OLGA : CAROL, `${i}`)));
    expect(sent.every((event) => event.prev_events.length === 1)).to.equal(true);
    expect(new Set(sent.map((event) => event.prev_events[0])).size).to.equal(30);
    expect((await two.a.store.rooms.open(two.channel))?.extremities).to.have.length(1);
  });

  it('makes an event that another server signs too, enters it when it comes back, and sends it', async () => {
    const second = signer('second');
    const draft = two.a.draft(OLGA, 'm.room.message', { body: 'signed twice' });
    const made = await two.a.runner.create(two.channel, draft, two.a.signers, { cosigners: [second.key_id] });
    expect(made.outcome.kind).to.equal('accepted');
    expect(() => made.position).to.throw(/signatures/);
    expect(await two.a.stored(made.event)).to.equal(undefined);
    const incomplete = await two.a.runner.receive(two.channel, made.event.pdu, { from: null });
    expect(incomplete.kind).to.equal('dropped');
    const event = addSignature(made.event, A, second.key_id, second.sign(eventMessage(made.event)));
    const outcome = await two.a.runner.receive(two.channel, event.pdu, { from: null, outgoing: true });
    expect(outcome.kind).to.equal('accepted');
    expect(two.a.commits.at(-1)?.destinations).to.deep.equal([B]);
  });

  it('knows duplicates, and takes each event once when it comes several times at once', async () => {
    const [first] = (await messages(1)) as [RoomEvent];
    await two.b.receive(two.channelCreate);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => two.b.receive(first)));
    expect(outcomes.map((outcome) => outcome.kind).sort((x, y) => x.localeCompare(y))).to.deep.equal([
      'accepted',
      'known',
      'known',
      'known',
      'known',
    ]);
    expect((await two.b.receive(two.channelCreate)).kind).to.equal('known');
  });

  it('answers a copy of what is in memory without asking the store, and still takes a whole copy of what it keeps redacted', async () => {
    await two.b.receive(two.channelCreate);
    const [first] = (await messages(1)) as [RoomEvent];
    const damaged = { ...first.pdu, content: { body: 'another text' } };
    expect((await two.b.runner.receive(two.channel, damaged, { from: A })).kind).to.equal('accepted');
    const { rooms } = two.b.store;
    const read = rooms.events.bind(rooms);
    let reads = 0;
    rooms.events = (...wanted) => {
      reads += 1;
      return read(...wanted);
    };
    expect((await two.b.runner.receive(two.channel, damaged, { from: A })).kind).to.equal('known');
    expect(reads).to.equal(0);
    expect((await two.b.stored(first))?.event.redacted).to.equal(true);
    expect((await two.b.receive(first)).kind).to.equal('known');
    expect((await two.b.stored(first))?.event.content).to.deep.equal(first.content);
  });

  it('parks what comes in reverse order, and enters all of it in the end', async () => {
    const sent = [two.channelCreate, ...(await messages(20))];
    await two.b.receive(two.channelCreate);
    for (const event of sent.slice(2).reverse()) {
      const outcome = await two.b.receive(event);
      expect(outcome).to.deep.equal({ kind: 'parked', missing: [...event.prev_events] });
    }
    expect(two.b.runner.parked).to.equal(19);
    expect((await two.b.receive(sent[1] as RoomEvent)).kind).to.equal('accepted');
    await two.b.runner.settled();
    expect(two.b.runner.parked).to.equal(0);
    expect(await two.b.view(two.channel)).to.deep.equal(await two.a.view(two.channel));
  });

  it('fetches what an event cites, from who sent it, and receives that first', async () => {
    const sent = [two.channelCreate, ...(await messages(20))];
    await two.b.receive(two.channelCreate);
    two.b.fetchMissing = async () => sent.map((event) => event.pdu);
    expect((await two.b.receive(sent.at(-1) as RoomEvent, 'c.example')).kind).to.equal('accepted');
    expect(two.b.fetched).to.deep.equal([{ room_id: two.channel, event_ids: [sent.at(-2)?.event_id], from: 'c.example' }]);
    expect(await two.b.view(two.channel)).to.deep.equal(await two.a.view(two.channel));
  });

  it('fetches step by step, and together with what is parked', async () => {
    const sent = [two.channelCreate, ...(await messages(9))];
    await two.b.receive(two.channelCreate);
    for (const event of [sent[6], sent[5], sent[8]]) await two.b.receive(event as RoomEvent);
    expect(two.b.runner.parked).to.equal(3);
    two.b.fetchMissing = async (_, ids) => sent.filter((event) => ids.includes(event.event_id)).map((event) => event.pdu);
    expect((await two.b.receive(sent[9] as RoomEvent)).kind).to.equal('accepted');
    await two.b.runner.settled();
    expect(two.b.runner.parked).to.equal(0);
    expect(await two.b.view(two.channel)).to.deep.equal(await two.a.view(two.channel));
  });

  it('fetches guild events that a channel event cites', async () => {
    await two.b.receive(two.channelCreate);
    const topic = await two.a.add(two.guild, OLGA, 'm.room.join_rules', { join_rule: 'invite' }, '');
    const meta = await two.a.add(two.guild, OLGA, 'm.guild.meta', { name: 'Guild' }, '');
    const said = await two.a.say(two.channel, OLGA, 'after a change');
    expect(await two.b.receive(said)).to.deep.equal({ kind: 'parked', missing: [meta.event_id] });
    two.b.fetchMissing = async (roomId) => (roomId === two.guild ? [meta.pdu, topic.pdu] : []);
    const later = await two.a.say(two.channel, OLGA, 'and another');
    two.b.fetched.length = 0;
    expect((await two.b.receive(later)).kind).to.equal('accepted');
    expect(two.b.fetched.map((one) => one.room_id)).to.deep.equal([two.guild]);
    await two.b.runner.settled();
    for (const room of [two.guild, two.channel]) expect(await two.b.view(room)).to.deep.equal(await two.a.view(room));
  });

  it('tries a parked channel event again when the guild event arrives', async () => {
    await two.b.receive(two.channelCreate);
    const meta = await two.a.add(two.guild, OLGA, 'm.guild.meta', { name: 'Guild' }, '');
    const said = await two.a.say(two.channel, OLGA, 'after a change');
    expect((await two.b.receive(said)).kind).to.equal('parked');
    expect((await two.b.receive(meta)).kind).to.equal('accepted');
    await two.b.runner.settled();
    expect((await two.b.stored(said))?.soft_failed).to.equal(false);
  });

  it('judges soft-failed events again once the guild has moved on', async () => {
    await two.b.receive(two.channelCreate);
    const demote = await two.a.add(two.guild, OLGA, 'm.guild.member_roles', { stay: two.bobsStay, roles: [] }, BOB);
    const ban = await two.b.add(two.guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL);
    const said = await two.b.say(two.channel, BOB, 'mine now');
    expect((await two.a.receive(ban, B)).kind).to.equal('soft-failed');
    const ahead = await two.a.receive(said, B);
    expect(ahead).to.have.nested.property('fault.rule', RULES.AHEAD);
    expect((await two.b.receive(demote)).kind).to.equal('accepted');
    const merge = await two.b.add(two.guild, '@:b.example', 'm.room.merge', {});
    expect((await two.a.receive(merge, B)).kind).to.equal('accepted');
    await two.a.runner.settled();
    expect((await two.a.stored(said))?.soft_failed).to.equal(false);
    expect(two.a.commits.at(-1)?.stored.map((stored) => stored.event.event_id)).to.deep.equal([said.event_id]);
    for (const room of [two.guild, two.channel]) expect(await two.a.view(room)).to.deep.equal(await two.b.view(room));
  });

  it('AUTH-2.7, ENG-10: keeps a channel whose create event is ahead, and shows it once the guild has moved on', async () => {
    const { a, b, guild } = two;
    const demote = await a.add(guild, OLGA, 'm.guild.member_roles', { stay: two.bobsStay, roles: [] }, BOB);
    const ban = await b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL);
    expect((await a.receive(ban, B)).kind).to.equal('soft-failed');
    const create = await b.add(null, BOB, 'm.channel.create', { room_version: NATIVE_VERSION, guild, kind: 'text' }, '');
    expect(await a.receive(create, B)).to.have.nested.property('fault.rule', RULES.AHEAD);
    expect((await a.receive(create, B)).kind).to.equal('known');
    expect((await a.store.rooms.open(create.room_id))?.extremities).to.deep.equal([]);
    const refused = await a.runner.create(create.room_id, a.draft(OLGA, 'm.room.message', {}), a.signers);
    expect(refused.outcome.kind).to.equal('refused');
    await b.receive(demote);
    await a.receive(await b.add(guild, '@:b.example', 'm.room.merge', {}), B);
    await a.runner.settled();
    expect((await a.stored(create))?.soft_failed).to.equal(false);
    for (const room of [guild, create.room_id]) expect(await a.view(room)).to.deep.equal(await b.view(room));
    await b.receive(await a.add(guild, OLGA, 'm.guild.channel', { kind: 'text' }, create.room_id));
    expect(await b.receive(await a.add(create.room_id, OLGA, 'm.channel.name', { name: 'new' }, ''))).to.deep.include({ kind: 'accepted' });
  });

  it('goes on in order when clocks jump', async () => {
    const { a, b, channel, channelCreate } = two;
    await b.receive(channelCreate);
    const sent: RoomEvent[] = [];
    for (const clock of [5_000, 4, 2 ** 50, 1, 0]) {
      a.clock = clock;
      sent.push(await a.say(channel, OLGA, `at ${clock}`));
      expect(sent.at(-1)?.origin_ts).to.equal(clock);
      b.clock = 2 ** 50 - clock;
      expect((await b.receive(sent.at(-1) as RoomEvent)).kind).to.equal('accepted');
    }
    for (const { store, runner } of [a, b]) {
      const page = await runner.ask(channel, (room) => room.history(5));
      expect(page.events.map(({ event }) => event.event_id)).to.deep.equal(sent.map((event) => event.event_id).reverse());
      const rows = (await store.rooms.stream(0, 1_000)).filter((row) => sent.some((event) => event.event_id === row.stored.event.event_id));
      expect(rows.map((row) => row.stored.event.event_id)).to.deep.equal(sent.map((event) => event.event_id));
    }
    expect(await b.view(channel)).to.deep.equal(await a.view(channel));
  });

  it('keeps good events apart from bad ones', async () => {
    const sent = await messages(6);
    await two.b.receive(two.channelCreate);
    const poison: [JsonObject | string, string][] = [
      ['no event', 'dropped'],
      [{ ...(sent[0]?.pdu as JsonObject), sender: '@olga:b.example' }, 'dropped'],
      [{ ...(sent[0]?.pdu as JsonObject), signatures: {} }, 'dropped'],
      [{ ...(sent[0]?.pdu as JsonObject), origin_ts: 5 }, 'dropped'],
      [two.guildEvents[3]?.pdu as JsonObject, 'dropped'],
    ];
    for (const [index, event] of sent.entries()) {
      const bad = poison[index % poison.length];
      if (bad !== undefined) expect((await two.b.runner.receive(two.channel, bad[0], { from: A })).kind).to.equal(bad[1]);
      expect((await two.b.receive(event)).kind).to.equal('accepted');
    }
    expect(await two.b.view(two.channel)).to.deep.equal(await two.a.view(two.channel));
  });

  it('takes what fetching brings for what it is', async () => {
    const sent = await messages(3);
    await two.b.receive(two.channelCreate);
    const forged = { ...(sent[1]?.pdu as JsonObject), signatures: { [A]: { [keysOf(A)[1] as string]: 'A'.repeat(86) } } };
    two.b.fetchMissing = async () => [null, 'x', {}, two.guildEvents[0]?.pdu as JsonObject, forged, sent[0]?.pdu as JsonObject];
    expect((await two.b.receive(sent[2] as RoomEvent)).kind).to.equal('parked');
    expect(await two.b.stored(sent[1] as RoomEvent)).to.equal(undefined);
    expect((await two.b.receive(sent[0] as RoomEvent)).kind).to.not.equal('dropped');
    expect((await two.b.receive(sent[1] as RoomEvent)).kind).to.equal('accepted');
    await two.b.runner.settled();
    expect((await two.b.stored(sent[2] as RoomEvent))?.verdict).to.equal('accepted');
  });

  it('drops what fetching brings unsigned, and keeps what it brings altered without its content until a whole copy comes', async () => {
    const [first, second, third] = (await messages(3)) as [RoomEvent, RoomEvent, RoomEvent];
    await two.b.receive(two.channelCreate);
    await two.b.receive(first);
    two.b.fetchMissing = async () => [{ ...second.pdu, signatures: {} }];
    expect((await two.b.receive(third)).kind).to.equal('parked');
    expect(await two.b.stored(second)).to.equal(undefined);
    two.b.fetchMissing = async () => [{ ...second.pdu, content: { body: 'altered' }, unsigned: { body: 'altered' } }];
    expect((await two.b.receive(third)).kind).to.equal('accepted');
    expect((await two.b.stored(second))?.event)
      .to.include({ redacted: true })
      .and.to.have.deep.property('content', {});
    await two.b.receive(second);
    expect((await two.b.stored(second))?.event)
      .to.include({ redacted: false })
      .and.to.have.deep.property('pdu', second.pdu);
    expect(await two.b.view(two.channel)).to.deep.equal(await two.a.view(two.channel));
  });

  it('goes on after a restart in the middle of a history', async () => {
    await messages(3);
    const before = await Promise.all([two.guild, two.channel].map((room) => two.a.view(room)));
    const a = new TestServer(A, await stores.reopen('a'));
    expect(await Promise.all([two.guild, two.channel].map((room) => a.view(room)))).to.deep.equal(before);
    const said = await a.say(two.channel, OLGA, 'after the restart');
    expect(said.prev_events).to.have.length(1);
    const made = await a.add(two.guild, OLGA, 'm.room.member', { membership: 'leave' }, CAROL);
    expect((await two.b.receive(made)).kind).to.equal('accepted');
    expect(await two.b.view(two.guild)).to.deep.equal(await a.view(two.guild));
  });

  it('answers questions beside its steps, and names what is not known', async () => {
    const questions = Promise.all(Array.from({ length: 20 }, () => two.a.runner.ask(two.channel, (room) => room.history(50))));
    await messages(5);
    for (const page of await questions) expect(page.events.length).to.be.greaterThan(0);
    const unknown = await two.a.runner.ask(two.channel, (room) => room.event('$unknown')).catch((error: unknown) => error);
    expect(unknown).to.be.instanceOf(UnknownEventError);
    const nowhere = await two.a.runner.ask('!nowhere:a.example', (room) => room.stateHash()).catch((error: unknown) => error);
    expect(nowhere).to.be.instanceOf(UnknownRoomError);
    const early = await two.b.receive({ ...two.channelCreate, room_id: '!nowhere:a.example' }).catch((error: unknown) => error);
    expect(early).to.have.property('kind', 'dropped');
    const noRoom = await new TestServer('c.example', new MemoryStore())
      .receive(two.guildEvents[2] as RoomEvent)
      .catch((error: unknown) => error);
    expect(noRoom).to.be.instanceOf(UnknownRoomError);
  });
});

describe('a runner whose store fails', () => {
  it('shows nothing that was not written, and goes on afterwards', async () => {
    const store = new MemoryStore();
    const two = await twoServers({ a: store, b: new MemoryStore() });
    const failing = failingStore(store);
    const runner = new RoomRunner({
      store: failing.store,
      verify: verifyWithNode,
      fetchMissing: async () => [],
      now: () => 1,
      ownServer: A,
    });
    const send = () => runner.create(two.channel, two.a.draft(OLGA, 'm.room.message', { body: 'x' }), two.a.signers);
    await send();
    const before = await runner.ask(two.channel, (room) => room.history(10));
    failing.fails = true;
    const failure = await send().catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'the disk is full');
    expect(await runner.ask(two.channel, (room) => room.history(10))).to.deep.equal(before);
    const renamed = runner
      .create(two.guild, two.a.draft(OLGA, 'm.guild.meta', { name: 'x' }, ''), two.a.signers)
      .catch((error: unknown) => error);
    const said = send().catch((error: unknown) => error);
    expect(await renamed).to.have.property('message', 'the disk is full');
    expect(await said).to.have.property('message', 'the disk is full');
    failing.fails = false;
    const made = await send();
    const cited = await store.rooms.events(two.guild, made.event.guild_heads);
    expect(cited).to.have.length(made.event.guild_heads.length);
    expect(made.event.prev_events).to.deep.equal([before.events[0]?.event.event_id]);
  });
});

/** A store whose commits can be made to fail. */
function failingStore(store: Store): { fails: boolean; readonly store: Store } {
  const control = { fails: false };
  const { rooms } = store;
  const wrapped = new Proxy(rooms, {
    get: (target, name) => {
      if (name === 'commit' && control.fails) return () => Promise.reject(new Error('the disk is full'));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return Object.assign(control, { store: { ...store, rooms: wrapped } as Store });
}
