import { expect } from 'chai';
import { HELD_ROOMS, HeldRooms, MemoryStore, PostgresStore, RoomHeldError, type RoomRunner, verifyWithNode } from '@openguild/storage';
import { TestServer } from '../runner/test-server.ts';
import { A, CAROL, OLGA, twoServers } from '../runner/two-servers.ts';
import { newSchema, postgresOrSkip } from './postgres-server.ts';

describe('two runners of one server on one database', function () {
  this.timeout(60_000);
  let stores: PostgresStore[];
  let one: TestServer;
  let two: TestServer;
  let guild: string;
  let channel: string;

  beforeEach(async function () {
    const server = await postgresOrSkip(this);
    const schema = newSchema();
    stores = await Promise.all([1, 2].map(() => PostgresStore.open({ url: server.url, schema })));
    const made = await twoServers({ a: stores[0] as PostgresStore, b: new MemoryStore() });
    await made.a.runner.settled();
    [guild, channel] = [made.guild, made.channel];
    [one, two] = stores.map((store) => runner(store)) as [TestServer, TestServer];
  });
  afterEach(async () => {
    for (const server of [one, two]) await server?.runner.settled();
    for (const store of stores) await store.close();
  });

  function runner(store: PostgresStore, more: { shared?: boolean; held?: HeldRooms } = { shared: true }): TestServer {
    const server = new TestServer(A, store, {}, verifyWithNode, more);
    server.clock = 1_000_000;
    return server;
  }
  const newest = async (by: RoomRunner, room: string): Promise<string | undefined> =>
    (await by.ask(room, (each) => each.history(1))).events.at(-1)?.event.event_id;

  it('answer questions by what the other has written, of a room and of its guild', async () => {
    expect(await one.view(channel)).to.deep.equal(await two.view(channel));
    for (let i = 0; i < 8; i++) {
      const [writer, reader] = i % 2 === 0 ? [one, two] : [two, one];
      const said = await writer.say(channel, OLGA, `message ${i}`);
      expect(await newest(reader.runner, channel)).to.equal(said.event_id);
      const named = await writer.add(guild, OLGA, 'm.room.join_rules', { join_rule: i % 4 < 2 ? 'invite' : 'public' }, '');
      expect(await newest(reader.runner, guild)).to.equal(named.event_id);
      // A channel is judged by its guild: what it cites next is the new end.
      const head = await reader.runner.ask(channel, (each) => ({ needs: null, value: each.guild?.extremities }));
      expect(head).to.deep.equal([named.event_id]);
    }
  });

  it('answer at any time by all that was acknowledged before, while both write', async () => {
    let last = 0;
    let writing = true;
    const writer = (async () => {
      for (let i = 1; i <= 12; i++) {
        await one.say(channel, OLGA, String(i));
        last = i;
      }
      writing = false;
    })();
    const other = (async () => {
      for (let i = 0; i < 6; i++) await two.say(channel, CAROL, 'other');
    })();
    let asked = 0;
    while (writing) {
      const acknowledged = last;
      const { events } = await two.runner.ask(channel, (each) => each.history(100));
      const seen = events
        .filter(({ event }) => event.type === 'm.room.message' && event.sender === OLGA)
        .map(({ event }) => Number(event.content['body']));
      expect(Math.max(0, ...seen)).to.be.at.least(acknowledged);
      asked++;
    }
    await Promise.all([writer, other]);
    expect(asked).to.be.greaterThan(2);
  });

  it('do not refuse what the other has allowed meanwhile', async () => {
    await one.add(guild, OLGA, 'm.room.member', { membership: 'ban' }, CAROL);
    const refused = await two.runner.create(channel, two.draft(CAROL, 'm.room.message', { body: 'x' }), two.signers);
    expect(refused.outcome.kind).to.equal('refused');
    const [ban] = await one.runner.ask(guild, (each) => ({ needs: null, value: each.extremities }));
    await one.add(guild, OLGA, 'm.room.member', { membership: 'leave', ban: ban ?? null }, CAROL);
    const roots = await one.runner.create(
      guild,
      one.draft(CAROL, 'm.room.member', { membership: 'join', root: await rootIn() }, CAROL),
      one.signers,
    );
    expect(roots.outcome.kind).to.equal('accepted');
    await two.say(channel, CAROL, 'back');
  });
  const rootIn = async (): Promise<string> => {
    const row = (await stores[0]?.rooms.stream(0, 2))?.[1];
    return String(row?.stored.event.content['root']);
  };

  it('answer by what they have in memory if nobody said that the store is shared', async () => {
    const alone = runner(stores[1] as PostgresStore, {});
    const before = await newest(alone.runner, channel);
    const said = await one.say(channel, OLGA, 'unheard');
    expect(await newest(alone.runner, channel)).to.equal(before);
    expect(before).not.to.equal(said.event_id);
    // What it makes follows what is stored all the same.
    const next = await alone.say(channel, OLGA, 'next');
    expect(next.prev_events).to.deep.equal([said.event_id]);
  });

  it('hold restored rooms until one of them lets them go, and not longer', async () => {
    const values = stores.map((store) => store.values);
    for (const room of [guild, channel]) await values[0]?.set(HELD_ROOMS, room, {});
    const held = await Promise.all(values.map((each) => HeldRooms.load(each)));
    const [first, second] = stores.map((store, i) => runner(store, { shared: true, held: held[i] as HeldRooms })) as [
      TestServer,
      TestServer,
    ];
    const failure = (by: TestServer, room: string): Promise<unknown> =>
      by.say(room, OLGA, 'x').then(
        () => undefined,
        (error: unknown) => error,
      );
    for (const each of [first, second]) expect(await failure(each, channel)).to.be.instanceOf(RoomHeldError);
    await held[0]?.release(channel);
    // Its guild is held.
    for (const each of [first, second])
      expect(await failure(each, channel))
        .to.be.instanceOf(RoomHeldError)
        .with.property('room_id', guild);
    expect(held[1]?.has(guild)).to.equal(true);
    await held[0]?.release(guild);
    for (const each of [first, second]) expect(await failure(each, channel)).to.equal(undefined);
    expect(held[1]?.rooms).to.deep.equal([]);
  });
});
