import { expect } from 'chai';
import fc from 'fast-check';
import type { RoomEvent } from '@openguild/core';
import { MemoryStore, UnknownRoomError } from '@openguild/storage';
import { TestServer } from './test-server.ts';
import { BOB, CAROL, OLGA, twoServers, type TwoServers } from './two-servers.ts';

const SEED = Date.now() & 0x7fffffff;
const RUNS = 12;

/** Two servers that do not hear each other for a while, and everything they made. */
async function history(): Promise<TwoServers & { readonly events: readonly RoomEvent[] }> {
  const two = await twoServers({ a: new MemoryStore(), b: new MemoryStore() });
  const { a, b, guild, channel, guildEvents, channelCreate, bobsStay } = two;
  await b.receive(channelCreate);
  const shared = [...guildEvents, channelCreate];
  const byA = [await a.say(channel, OLGA, 'one'), await a.add(guild, OLGA, 'm.guild.member_roles', { stay: bobsStay, roles: [] }, BOB)];
  byA.push(await a.add(channel, OLGA, 'm.channel.name', { name: 'by olga' }, ''), await a.say(channel, CAROL, 'two'));
  const byB = [await b.say(channel, BOB, 'three'), await b.add(channel, BOB, 'm.channel.name', { name: 'by bob' }, '')];
  byB.push(await b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL), await b.say(channel, BOB, 'four'));
  for (const event of byB) await a.receive(event, b.name);
  for (const event of byA) await b.receive(event);
  const merges = [await b.add(guild, '@:b.example', 'm.room.merge', {}), await b.say(channel, BOB, 'healed')];
  for (const event of merges) await a.receive(event, b.name);
  await Promise.all([a.runner.settled(), b.runner.settled()]);
  return { ...two, events: [...shared, ...byA, ...byB, ...merges] };
}

describe('one history in any order', function () {
  this.timeout(60_000);

  it(`gives the same rooms, with duplicates and several at a time (seed ${SEED})`, async () => {
    const { a, b, guild, channel, events } = await history();
    const views = await Promise.all([guild, channel].map((room) => a.view(room)));
    expect(await Promise.all([guild, channel].map((room) => b.view(room)))).to.deep.equal(views);
    const [create] = events as [RoomEvent];
    const order = fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 });
    const property = fc.asyncProperty(order, fc.integer({ min: 1, max: 8 }), async (shuffled, width) => {
      const c = new TestServer('c.example', new MemoryStore());
      await c.receive(create);
      // Twice: channel events that come before the channel's create event belong to no room yet, and are not kept.
      for (const pass of [shuffled, events]) {
        for (let i = 0; i < pass.length; i += width) await Promise.all(pass.slice(i, i + width).map((event) => receiveOrForget(c, event)));
        await c.runner.settled();
      }
      expect(c.errors).to.deep.equal([]);
      expect(c.runner.parked).to.equal(0);
      expect(await Promise.all([guild, channel].map((room) => c.view(room)))).to.deep.equal(views);
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
  });
});

async function receiveOrForget(server: TestServer, event: RoomEvent): Promise<void> {
  try {
    await server.receive(event);
  } catch (error) {
    if (!(error instanceof UnknownRoomError)) throw error;
  }
}
