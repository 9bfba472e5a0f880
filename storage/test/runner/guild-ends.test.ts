import { buildEvent, type EventDraft, NATIVE_VERSION, type RoomEvent, type RoomVersion, roomVersion } from '@openguild/core';
import { RoomHeldError, RoomRunner, MemoryStore, verifyWithNode } from '@openguild/storage';
import { expect } from 'chai';
import { admission, rootOf, signer } from './test-server.ts';
import { BOB, OLGA, twoServers, type TwoServers } from './two-servers.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const C = 'c.example';
const EVE = `@eve:${C}`;

/** Twelve events of three servers side by side, of which each server may make four (ENG-14). */
async function branches({ b, guild, bobsStay }: TwoServers): Promise<RoomEvent[]> {
  const join = async (stay?: string): Promise<RoomEvent> => {
    const content = { membership: 'join', root: rootOf(C), ...(stay === undefined ? {} : { stay }) };
    return (await b.runner.create(guild, b.draft(EVE, 'm.room.member', content, EVE), [signer(`${C}/k1`)])).event;
  };
  const first = [
    (await b.runner.create(guild, b.draft(OLGA, 'm.server.admission', admission(guild, C, 0), C), [signer('a.example/k1')])).event,
    await join(),
  ] as [RoomEvent, RoomEvent];
  const meta: EventDraft = b.draft(OLGA, 'm.guild.meta', { name: 'one' }, '');
  const good = [
    (await b.runner.create(guild, meta, [signer('a.example/k1')])).event,
    await b.add(guild, BOB, 'm.room.member', { membership: 'join', root: rootOf('b.example'), stay: bobsStay }, BOB),
    await join(first[1].event_id),
  ];
  const forks = good.flatMap(({ type, sender, content, state_key = '', room_id, auth_events }) =>
    [1, 2, 3, 4].map((origin_ts) =>
      buildEvent({ type, sender, content, state_key, room_id, auth_events, origin_ts, prev_events: [first[1].event_id] }, VERSION, [
        signer(`${sender.split(':')[1] ?? ''}/k1`),
      ]),
    ),
  );
  return [...first, ...forks];
}

describe('a guild with more ends than an event of a channel may cite', () => {
  it('ENG-12: is merged before the next such event, once for however many wait', async () => {
    const servers = await twoServers({ a: new MemoryStore(), b: new MemoryStore() });
    const { a, guild, channel } = servers;
    for (const event of await branches(servers)) expect(await a.receive(event)).to.deep.include({ kind: 'accepted' });
    expect((await a.store.rooms.open(guild))?.extremities).to.have.length(12);
    const sent = await Promise.all([1, 2, 3].map((n) => a.say(channel, OLGA, `${n}`)));
    const [merge, ...more] = (await a.store.rooms.open(guild))?.extremities ?? [];
    expect(more).to.deep.equal([]);
    expect((await a.store.rooms.events(guild, [merge as string]))[0]?.event).to.deep.include({
      type: 'm.room.merge',
      sender: '@:a.example',
    });
    for (const { guild_heads } of sent) expect(guild_heads).to.deep.equal([merge]);
  });

  it('ENG-12: also before a channel is made', async () => {
    const servers = await twoServers({ a: new MemoryStore(), b: new MemoryStore() });
    const { a, guild } = servers;
    for (const event of await branches(servers)) await a.receive(event);
    const made = await a.add(null, OLGA, 'm.channel.create', { room_version: NATIVE_VERSION, guild, kind: 'text' }, '');
    expect(made.guild_heads).to.have.length(1);
  });
});

describe('ENG-15: a channel that the backup does not know', () => {
  it('waits for its guild as well', async () => {
    const { a, guild, channel } = await twoServers({ a: new MemoryStore(), b: new MemoryStore() });
    const runner = new RoomRunner({
      store: a.store,
      verify: verifyWithNode,
      fetchMissing: async () => [],
      now: () => a.clock++,
      ownServer: a.name,
      held: new Set([guild]),
    });
    const error = await runner
      .create(channel, a.draft(OLGA, 'm.room.message', { body: 'too early' }), a.signers)
      .catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(RoomHeldError);
  });
});
