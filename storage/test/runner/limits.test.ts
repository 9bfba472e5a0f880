import { expect } from 'chai';
import { type RoomEvent, RULES } from '@openguild/core';
import { MemoryStore, type RunnerLimits, WorkLimitError } from '@openguild/storage';
import { B, BOB, CAROL, OLGA, twoServers, type TwoServers } from './two-servers.ts';

describe('the bounds of a runner', () => {
  const two = (limits: Partial<RunnerLimits>): Promise<TwoServers> => twoServers({ a: new MemoryStore(), b: new MemoryStore(), limits });
  const messages = async ({ a, channel }: TwoServers, count: number): Promise<RoomEvent[]> => {
    const sent: RoomEvent[] = [];
    for (let i = 0; i < count; i++) sent.push(await a.say(channel, OLGA, `${i}`));
    return sent;
  };

  it('ends a walk back that never ends', async () => {
    const servers = await two({ fetches: 4 });
    const { b, channelCreate } = servers;
    const sent = await messages(servers, 12);
    await b.receive(channelCreate);
    b.fetchMissing = async (_, ids) => sent.filter((event) => ids.includes(event.event_id)).map((event) => event.pdu);
    expect((await b.receive(sent[11] as RoomEvent)).kind).to.equal('parked');
    expect(b.fetched).to.have.length(4);
    // What was fetched is parked too, so the next attempt goes on from there.
    expect(b.runner.parked).to.equal(5);
    expect((await b.receive(sent[11] as RoomEvent)).kind).to.equal('parked');
    expect((await b.receive(sent[11] as RoomEvent)).kind).to.equal('accepted');
    await b.runner.settled();
    expect(b.runner.parked).to.equal(0);
    expect(await b.view(servers.channel)).to.deep.equal(await servers.a.view(servers.channel));
  });

  it('takes no more from one answer than the budget allows', async () => {
    const servers = await two({ fetchedEvents: 5 });
    const { b, channelCreate } = servers;
    const sent = await messages(servers, 12);
    await b.receive(channelCreate);
    b.fetchMissing = async () => sent.slice(0, -1).map((event) => event.pdu);
    expect((await b.receive(sent[11] as RoomEvent)).kind).to.equal('parked');
    expect(b.fetched).to.have.length(1);
  });

  it('survives a network that fails', async () => {
    const servers = await two({});
    const { b, channelCreate } = servers;
    const sent = await messages(servers, 2);
    await b.receive(channelCreate);
    b.fetchMissing = () => Promise.reject(new Error('no route'));
    expect((await b.receive(sent[1] as RoomEvent)).kind).to.equal('parked');
    expect(b.errors).to.have.length(1);
    expect((await b.receive(sent[0] as RoomEvent)).kind).to.equal('accepted');
    await b.runner.settled();
    expect((await b.stored(sent[1] as RoomEvent))?.verdict).to.equal('accepted');
  });

  it('works with one room in memory, though a channel takes its guild along', async () => {
    const servers = await two({ openRooms: 1 });
    const { a, b, channelCreate } = servers;
    const sent = await messages(servers, 3);
    await b.receive(channelCreate);
    for (const event of sent) expect((await b.receive(event)).kind).to.equal('accepted');
    expect(await b.view(servers.channel)).to.deep.equal(await a.view(servers.channel));
  });

  it('holds no room while it waits for another server', async () => {
    const servers = await two({});
    const { b, channelCreate } = servers;
    const sent = await messages(servers, 3);
    await b.receive(channelCreate);
    const answer = Promise.withResolvers<readonly RoomEvent['pdu'][]>();
    b.fetchMissing = () => answer.promise;
    const waiting = b.receive(sent[2] as RoomEvent);
    while (b.fetched.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await b.receive(sent[0] as RoomEvent)).kind).to.equal('accepted');
    answer.resolve([(sent[1] as RoomEvent).pdu]);
    expect((await waiting).kind).to.equal('accepted');
  });

  it('keeps few rooms open and knows all of them', async () => {
    const servers = await two({ openRooms: 2 });
    const { a, guild } = servers;
    const channels: string[] = [];
    for (let i = 0; i < 6; i++) {
      const create = await a.add(null, OLGA, 'm.channel.create', { guild, kind: 'text' }, '');
      await a.add(guild, OLGA, 'm.guild.channel', { kind: 'text' }, create.room_id);
      channels.push(create.room_id);
    }
    await Promise.all(channels.flatMap((channel) => [1, 2, 3].map((n) => a.say(channel, OLGA, `${n}`))));
    for (const channel of channels) expect((await a.runner.ask(channel, (room) => room.history(50))).events).to.have.length(4);
    expect(a.errors).to.deep.equal([]);
  });

  it('ENG-10: judges all again that was ahead, however many at a time', async () => {
    const servers = await two({ rejudged: 2 });
    const { a, b, guild, channel } = servers;
    await b.receive(servers.channelCreate);
    const demote = await a.add(guild, OLGA, 'm.guild.member_roles', { stay: servers.bobsStay, roles: [] }, BOB);
    expect((await a.receive(await b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL), B)).kind).to.equal('soft-failed');
    const sent: RoomEvent[] = [];
    for (let i = 0; i < 5; i++) sent.push(await b.say(channel, BOB, `ahead ${i}`));
    for (const event of sent) expect(await a.receive(event, B)).to.have.nested.property('fault.rule', RULES.AHEAD);
    await b.receive(demote);
    await a.receive(await b.add(guild, '@:b.example', 'm.room.merge', {}), B);
    await a.runner.settled();
    for (const event of sent) expect((await a.stored(event))?.soft_failed).to.equal(false);
    expect(await a.view(channel)).to.deep.equal(await b.view(channel));
  });

  it('comes to rest when channels whose events are ahead push each other out of memory', async () => {
    const servers = await two({ openRooms: 1 });
    const { a, b, guild } = servers;
    const channels: string[] = [];
    for (let i = 0; i < 3; i++) {
      const create = await a.add(null, OLGA, 'm.channel.create', { guild, kind: 'text' }, '');
      await b.receive(await a.add(guild, OLGA, 'm.guild.channel', { kind: 'text' }, create.room_id));
      await b.receive(create);
      channels.push(create.room_id);
    }
    await a.add(guild, OLGA, 'm.guild.member_roles', { stay: servers.bobsStay, roles: [] }, BOB);
    expect((await a.receive(await b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL), B)).kind).to.equal('soft-failed');
    for (const channel of channels) {
      expect(await a.receive(await b.say(channel, BOB, 'ahead'), B)).to.have.nested.property('fault.rule', RULES.AHEAD);
    }
    await Promise.all(channels.map((channel) => a.runner.ask(channel, (room) => room.history(1))));
    await a.runner.settled();
    expect(a.errors).to.deep.equal([]);
  });

  it('gives up a step that asks for ever', async () => {
    const servers = await two({ rounds: 5 });
    let asked = 0;
    const endless = servers.a.runner.ask(servers.guild, () => {
      asked += 1;
      return { needs: { events: [], states: [], verdicts: [], servers: [] } };
    });
    expect(await endless.catch((error: unknown) => error)).to.be.instanceOf(WorkLimitError);
    expect(asked).to.equal(5);
  });
});
