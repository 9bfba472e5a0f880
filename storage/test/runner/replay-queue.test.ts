import { expect } from 'chai';
import type { RoomEvent } from '@openguild/core';
import { MemoryStore, type RunnerLimits } from '@openguild/storage';
import { type Release, ReplayQueue } from '../../src/runner/replay-queue.ts';
import { TestServer } from './test-server.ts';
import { BOB, OLGA, twoServers, type TwoServers } from './two-servers.ts';

const turnsOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the queue of copies that replay much (ENG-16)', () => {
  let order: string[];
  let releases: Release[];
  let queue: ReplayQueue;
  beforeEach(() => {
    order = [];
    releases = [];
    queue = new ReplayQueue({ putOffPerOrigin: 3, putOffTotal: 5 });
  });
  const wait = (origin: string, name: string): boolean => {
    const turn = queue.turn(origin);
    void turn?.then((release) => {
      order.push(name);
      releases.push(release);
    });
    return turn !== null;
  };
  const endAll = async (): Promise<void> => {
    for (await turnsOver(); releases.length > 0; await turnsOver()) releases.shift()?.();
  };

  it('lets one go at a time, one of each origin in turn', async () => {
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) wait(name.slice(0, 1), name);
    await turnsOver();
    expect(order).to.deep.equal(['a1']);
    await endAll();
    expect(order).to.deep.equal(['a1', 'a2', 'b1', 'c1', 'a3']);
    expect(queue.size).to.equal(0);
  });

  it('takes so many of one origin, and so many in all', () => {
    expect(['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => wait('a', name))).to.deep.equal([true, true, true, true, false]);
    expect(['b1', 'b2', 'b3'].map((name) => wait('b', name))).to.deep.equal([true, true, false]);
  });

  it('lets others go first, but not for ever', async () => {
    const others = Array.from({ length: 150 }, () => Promise.withResolvers<void>());
    const done = others.map(({ promise }) => queue.besides(() => promise));
    wait('a', 'a1');
    await turnsOver();
    expect(order).to.deep.equal([]);
    for (const { resolve } of others.slice(0, 99)) resolve();
    await turnsOver();
    expect(order).to.deep.equal([]);
    others[99]?.resolve();
    await endAll();
    expect(order).to.deep.equal(['a1']);
    wait('a', 'a2');
    await turnsOver();
    expect(order).to.deep.equal(['a1']);
    for (const { resolve } of others) resolve();
    await Promise.all(done);
    await endAll();
    expect(order).to.deep.equal(['a1', 'a2']);
  });

  it('goes on after work that failed', async () => {
    const failing = Promise.withResolvers<void>();
    const work = queue.besides(() => failing.promise);
    wait('a', 'a1');
    failing.reject(new Error('no'));
    expect(await work.catch((error: Error) => error.message)).to.equal('no');
    await endAll();
    expect(order).to.deep.equal(['a1']);
  });
});

describe('a copy that replays much (ENG-16)', () => {
  const apart = async (limits: Partial<RunnerLimits>): Promise<{ servers: TwoServers; ours: RoomEvent; theirs: RoomEvent[] }> => {
    const servers = await twoServers({ a: new MemoryStore(), b: new MemoryStore(), limits });
    const { a, b, guild } = servers;
    const ours = await b.add(guild, BOB, 'm.room.member', { membership: 'leave' }, BOB);
    const theirs: RoomEvent[] = [];
    for (let i = 0; i < 12; i++)
      theirs.push(await a.add(guild, OLGA, 'm.room.join_rules', { join_rule: i % 2 === 0 ? 'invite' : 'public' }, ''));
    return { servers, ours, theirs };
  };

  it('is judged as any other, after its turn', async () => {
    const { servers, ours, theirs } = await apart({ replayed: 5 });
    const { a, b, guild } = servers;
    // What follows one that was put off waits for it as for any event that is not there yet.
    await Promise.all(theirs.map((event) => b.receive(event)));
    await b.runner.settled();
    for (const event of theirs) expect((await b.stored(event))?.verdict).to.equal('accepted');
    expect((await a.receive(ours, 'b.example')).kind).to.equal('accepted');
    expect(await b.view(guild)).to.deep.equal(await a.view(guild));
    await b.runner.settled();
    expect(b.errors).to.deep.equal([]);
  });

  it('is dropped where too many wait, and can be had later', async () => {
    const { servers, theirs } = await apart({ replayed: 5, putOffPerOrigin: 0 });
    const kinds: string[] = [];
    for (const event of theirs) {
      const outcome = await servers.b.receive(event);
      kinds.push(outcome.kind === 'dropped' ? outcome.fault.rule : outcome.kind);
    }
    expect(kinds.slice(0, 6)).to.deep.equal(['accepted', 'accepted', 'accepted', 'accepted', 'ENG-16', 'parked']);
    expect(await servers.b.stored(theirs[4] as RoomEvent)).to.equal(undefined);
  });

  it('needs nothing else first: what is wrong with it is said at once', async () => {
    const { servers, theirs } = await apart({ replayed: 5, putOffPerOrigin: 0 });
    const { b } = servers;
    for (const event of theirs.slice(0, 4)) await b.receive(event);
    const next = theirs[4] as RoomEvent;
    const [[server, keys]] = Object.entries(next.pdu['signatures'] as Record<string, Record<string, string>>) as [
      [string, Record<string, string>],
    ];
    const [[key, text]] = Object.entries(keys) as [[string, string]];
    const wrong = text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`;
    const outcome = await b.runner.receive(
      next.room_id,
      { ...next.pdu, signatures: { [server]: { [key]: wrong } } },
      { from: 'a.example' },
    );
    expect(outcome).to.deep.include({ kind: 'dropped' });
    expect('fault' in outcome ? outcome.fault.rule : '').to.equal('ENG-5');
  });
});

describe('a channel that was quiet while its guild moved on', () => {
  const CHANGES = 60;

  /** A message on the channel's create event, after many events of the guild; `behind`: of which it does not know the last. */
  async function quiet(
    limits: Partial<RunnerLimits>,
    behind: boolean,
  ): Promise<{ servers: TwoServers; said: RoomEvent; loaded: () => number }> {
    const servers = await twoServers({ a: new MemoryStore(), b: new MemoryStore() });
    const { a, b, guild, channel, channelCreate } = servers;
    await b.receive(channelCreate);
    let last: RoomEvent | undefined;
    for (let i = 0; i < CHANGES; i++) {
      if (last !== undefined) await b.receive(last);
      last = await a.add(guild, OLGA, 'm.guild.meta', { name: `${i}` }, '');
    }
    if (!behind) await b.receive(last as RoomEvent);
    const said = await b.say(channel, BOB, 'is anybody here?');
    let count = 0;
    const { rooms } = a.store;
    const events = rooms.events.bind(rooms);
    rooms.events = async (...args) => {
      const found = await events(...args);
      count += found.length;
      return found;
    };
    // What a server has in memory is no help: it was started just now.
    const fresh = new TestServer('a.example', a.store, limits);
    return { servers: { ...servers, a: fresh }, said, loaded: () => count };
  }

  it('costs no more than another: nothing is walked where a message cites all ends of the guild', async () => {
    const { servers, said, loaded } = await quiet({ prefetch: 1 }, false);
    expect((await servers.a.receive(said, 'b.example')).kind).to.equal('accepted');
    expect(loaded()).to.be.lessThan(CHANGES / 2);
  });

  it('is put off where the walk is long (ENG-16)', async () => {
    const outcome = await (async () => {
      const { servers, said } = await quiet({ replayed: 2, putOffPerOrigin: 0 }, true);
      return servers.a.receive(said, 'b.example');
    })();
    expect(outcome).to.have.nested.property('fault.rule', 'ENG-16');
    const { servers, said } = await quiet({ replayed: 2 }, true);
    expect((await servers.a.receive(said, 'b.example')).kind).to.equal('accepted');
  });
});
