import { expect } from 'chai';
import type { StoredEvent } from '@openguild/core';
import type { ContractContext } from './contract-suite.ts';
import { SampleRoom } from './sample-events.ts';

const ids = (events: readonly StoredEvent[]): string[] => events.map((stored) => stored.event.event_id);

export function readingContract({ store }: ContractContext): void {
  /** A chain of `length` events. */
  const chain = async (room: SampleRoom, length: number): Promise<StoredEvent[]> => {
    const commits = Array.from({ length }, () => room.next());
    await Promise.all(commits.map((commit) => store().rooms.commit(commit)));
    return commits.map((commit) => commit.effects.stored);
  };

  it('knows nothing in an empty store', async () => {
    const { rooms } = store();
    expect(await rooms.open('!x:a.example')).to.equal(undefined);
    expect(await rooms.list()).to.deep.equal([]);
    expect(await rooms.events('!x:a.example', ['$a'], 5)).to.deep.equal([]);
    expect(await rooms.stateAfter('!x:a.example', '$a')).to.equal(undefined);
    expect(await rooms.stream(0, 10)).to.deep.equal([]);
    expect(await rooms.latest('!x:a.example', 10, 10)).to.deep.equal([]);
    expect(await rooms.position()).to.equal(0);
    expect(await rooms.softFailed('!x:a.example', 'R', 10)).to.deep.equal([]);
    expect(await rooms.byDepth('!x:a.example', null, 10)).to.deep.equal([]);
    expect(await rooms.channelsOf('!x:a.example')).to.deep.equal([]);
  });

  it('finds known events among many, of their own room only', async () => {
    const room = new SampleRoom('one');
    const other = new SampleRoom('two');
    const [a, b] = ids(await chain(room, 2)) as [string, string];
    const [c] = ids(await chain(other, 1)) as [string];
    expect(ids(await store().rooms.events(room.room_id, [b, '$unknown', c, a, b])).sort(byId)).to.deep.equal([a, b]);
    expect(ids(await store().rooms.events(other.room_id, [a, c]))).to.deep.equal([c]);
  });

  it('brings the nearest ancestors along, each event once', async () => {
    const room = new SampleRoom('one');
    const [root] = (await chain(room, 1)) as [StoredEvent];
    const left = room.event({ prev: [root] });
    const right = room.event({ prev: [root] });
    const merge = room.event({ prev: [left, right] });
    const tip = room.event({ prev: [merge] });
    for (const stored of [left, right, merge, tip]) await store().rooms.commit(room.commit(stored));
    const after = async (n: number): Promise<string[]> => ids(await store().rooms.events(room.room_id, ids([tip]), n)).sort(byId);
    expect(await after(0)).to.deep.equal(ids([tip]));
    expect(await after(1)).to.deep.equal(ids([merge, tip]));
    expect(await after(3)).to.deep.equal(ids([left, right, merge, tip]));
    expect(await after(100)).to.deep.equal(ids([root, left, right, merge, tip]));
    expect(await store().rooms.events(room.room_id, ['$unknown'], 10)).to.deep.equal([]);
  });

  it('pages through the stream of all rooms, ascending', async () => {
    const [one, two] = [new SampleRoom('one'), new SampleRoom('two')];
    const commits = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? one : two).next());
    for (const commit of commits) await store().rooms.commit(commit);
    const first = await store().rooms.stream(0, 8);
    const rest = await store().rooms.stream(first.at(-1)?.position ?? 0, 100);
    const rows = [...first, ...rest];
    expect(first).to.have.length(8);
    expect(rows.map((row) => [row.room_id, row.stored])).to.deep.equal(commits.map(({ room, effects }) => [room.room_id, effects.stored]));
    expect(await store().rooms.position()).to.equal(rows.at(-1)?.position);
    expect(await store().rooms.stream(await store().rooms.position(), 5)).to.deep.equal([]);
  });

  it('finds the latest of one room up to a position, newest first', async () => {
    const [one, two] = [new SampleRoom('one'), new SampleRoom('two')];
    for (let i = 0; i < 10; i++) await store().rooms.commit((i % 2 === 0 ? one : two).next());
    const all = (await store().rooms.stream(0, 100)).filter((row) => row.room_id === one.room_id).reverse();
    expect(await store().rooms.latest(one.room_id, 1_000, 3)).to.deep.equal(all.slice(0, 3));
    const upTo = all[1]?.position ?? 0;
    expect(await store().rooms.latest(one.room_id, upTo, 10)).to.deep.equal(all.slice(1));
    expect(await store().rooms.latest(one.room_id, upTo + 1, 10)).to.deep.equal(all.slice(1));
    expect(await store().rooms.latest(one.room_id, 0, 10)).to.deep.equal([]);
  });

  it('orders a room by depth, then ID, in pages that fit together', async () => {
    const room = new SampleRoom('one');
    const [root] = (await chain(room, 1)) as [StoredEvent];
    const level = Array.from({ length: 5 }, () => room.event({ prev: [root] }));
    const rejected = room.event({ prev: [root], rejected: { rule: 'AUTH-1.1', detail: '' } });
    const soft = room.event({ prev: [root], softFailed: { rule: 'AUTH-2.7', detail: '' } });
    const deep = room.event({ prev: level });
    for (const stored of [level[3], level[0], soft, level[4], rejected, level[1], level[2], deep])
      if (stored !== undefined) await store().rooms.commit(room.commit(stored));
    const expected = ids([root, ...level, rejected, soft, deep]);
    expect(ids(await store().rooms.byDepth(room.room_id, null, 100))).to.deep.equal(expected);
    const paged: string[] = [];
    for (let after: { depth: number; event_id: string } | null = null; ; ) {
      const page: readonly StoredEvent[] = await store().rooms.byDepth(room.room_id, after, 2);
      const last = page.at(-1);
      if (last === undefined) break;
      paged.push(...ids(page));
      after = { depth: last.depth, event_id: last.event.event_id };
    }
    expect(paged).to.deep.equal(expected);
    expect(ids(await store().rooms.byDepth(room.room_id, { depth: 0, event_id: '~' }, 1))).to.deep.equal(ids(level.slice(0, 1)));
  });

  it('lists soft-failed events by rule, oldest first, within the limit', async () => {
    const room = new SampleRoom('one');
    await chain(room, 1);
    const soft = Array.from({ length: 6 }, (_, i) => room.event({ softFailed: { rule: i % 3 === 2 ? 'OTHER' : 'AHEAD', detail: '' } }));
    for (const stored of [...soft].reverse()) await store().rooms.commit(room.commit(stored));
    const ahead = ids(soft.filter((stored) => stored.fault?.rule === 'AHEAD')).reverse();
    expect(await store().rooms.softFailed(room.room_id, 'AHEAD', 100)).to.deep.equal(ahead);
    expect(await store().rooms.softFailed(room.room_id, 'AHEAD', 2)).to.deep.equal(ahead.slice(0, 2));
    expect(await store().rooms.softFailed(room.room_id, 'AHEAD', 2, ahead[0])).to.deep.equal(ahead.slice(1, 3));
    expect(await store().rooms.softFailed(room.room_id, 'AHEAD', 2, ahead.at(-1))).to.deep.equal([]);
    expect(await store().rooms.softFailed('!other:a.example', 'AHEAD', 2)).to.deep.equal([]);
  });

  it('lists the channels of a guild', async () => {
    const guild = new SampleRoom('guild');
    const other = new SampleRoom('other');
    const channels = [new SampleRoom('one', guild), new SampleRoom('two', guild), new SampleRoom('three', other)];
    for (const room of [guild, other, ...channels]) await store().rooms.commit(room.next({ stateKey: '' }));
    expect([...(await store().rooms.channelsOf(guild.room_id))].sort(byId)).to.deep.equal(['!one:a.example', '!two:a.example']);
    expect(await store().rooms.channelsOf('!one:a.example')).to.deep.equal([]);
    const listed = (await store().rooms.list()).map((room) => [room.room_id, room.kind, room.guild_id]);
    expect(listed).to.have.length(5);
    expect(listed).to.deep.include(['!three:a.example', 'channel', '!other:a.example']);
  });
}

function byId(a: string, b: string): number {
  return a < b ? -1 : 1;
}
