import { expect } from 'chai';
import { SampleRoom } from '../../src/contract/sample-events.ts';
import { PostgresStore } from '../../src/postgres/postgres-store.ts';
import { type CuttableProxy, cuttableProxy } from './cuttable-proxy.ts';
import { newSchema, postgresOrSkip, startPostgres } from './postgres-server.ts';

describe('a connection to Postgres that is cut', function () {
  this.timeout(60_000);
  let proxy: CuttableProxy;
  let store: PostgresStore;
  let room: SampleRoom;
  beforeEach(async function () {
    proxy = await cuttableProxy(await postgresOrSkip(this));
    store = await PostgresStore.open({ url: proxy.url, schema: newSchema() });
    room = new SampleRoom('guild');
    await store.rooms.commit(room.next({ stateKey: '' }));
  });
  afterEach(async () => {
    await store?.close();
    await proxy?.close();
  });
  const ids = async (): Promise<string[]> => (await store.rooms.stream(0, 1_000_000)).map((row) => row.stored.event.event_id);
  const cutAt = (text: string, where: 'watch' | 'watchAnswers' = 'watch'): void => {
    proxy[where] = (chunk) => {
      const cut = chunk.includes(text);
      if (cut) proxy[where] = () => true;
      return !cut;
    };
  };

  it('while nothing runs: the next write does not notice', async () => {
    proxy.cutAll();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await store.rooms.commit(room.next());
    expect(await ids()).to.have.length(2);
  });

  it('while something reads: it is read again', async () => {
    await store.rooms.commit(room.next());
    cutAt('max(position)');
    expect(await store.rooms.position()).to.equal(2);
    proxy.cutAll();
    expect(await Promise.all([store.rooms.position(), store.rooms.position(), ids()])).to.have.length(3);
  });

  it('in the middle of a transaction: nothing of it is written, and what comes after is', async () => {
    const before = await ids();
    const lost = room.event();
    cutAt(lost.event.event_id);
    const error = await store.rooms.commit(room.commit(lost)).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Error);
    expect(await ids()).to.deep.equal(before);
    await store.rooms.commit(room.commit(lost));
    expect(await ids()).to.deep.equal([...before, lost.event.event_id]);
  });

  it('as COMMIT is sent: nothing is written, and that is what is said', async () => {
    const lost = room.event();
    cutAt('COMMIT');
    const error = await store.rooms.commit(room.commit(lost)).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Error);
    expect(await ids()).to.have.length(1);
    await store.rooms.commit(room.commit(lost));
    expect(await ids()).to.have.length(2);
  });

  it('as COMMIT is answered: it is written, and that is what is said', async () => {
    const kept = room.next();
    cutAt('COMMIT', 'watchAnswers');
    expect(await store.rooms.commit(kept)).to.deep.equal({ positions: [2] });
    expect(await ids()).to.have.length(2);
    await store.rooms.commit(room.next());
    expect(await ids()).to.have.length(3);
  });

  it('again and again under load: whoever was told so is there, once, in order', async () => {
    const acknowledged: string[] = [];
    const rooms = Array.from({ length: 8 }, (_, i) => new SampleRoom(`room${i}`));
    let writing = true;
    const cutter = (async () => {
      for (let i = 0; i < 20; i++) {
        // Between two cuts something gets through, however slow the machine is; the cut itself falls anywhere.
        const before = acknowledged.length;
        while (acknowledged.length < before + 2) await new Promise((resolve) => setTimeout(resolve, 2));
        await new Promise((resolve) => setTimeout(resolve, (i * 37) % 60));
        proxy.cutAll();
      }
      writing = false;
    })();
    await Promise.all(
      rooms.map(async (each) => {
        while (writing) {
          const head = each.head;
          const commit = each.next();
          const id = commit.effects.stored.event.event_id;
          const written = await store.rooms.commit(commit).then(
            () => true,
            () => false,
          );
          if (written) acknowledged.push(id);
          else if (!(await stored(each, id))) each.head = head;
        }
      }),
    );
    await cutter;
    const all = await ids();
    expect(acknowledged.length).to.be.at.least(40);
    expect(new Set(all).size).to.equal(all.length);
    for (const id of acknowledged) expect(all).to.include(id);
  });

  const stored = async (each: SampleRoom, id: string): Promise<boolean> => {
    for (;;) {
      try {
        return (await store.rooms.events(each.room_id, [id])).length > 0;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
});

describe('a Postgres server that is killed', function () {
  this.timeout(60_000);

  it('comes back with everything that it acknowledged, and writing goes on', async function () {
    await postgresOrSkip(this);
    const server = await startPostgres();
    if (server === undefined) throw new Error('it started before');
    try {
      const store = await PostgresStore.open({ url: server.url, schema: 'crashed' });
      const room = new SampleRoom('guild');
      const acknowledged: number[] = [];
      let writing = true;
      // It may also get through without noticing: a connection that is lost between two transactions is made again.
      const writer = (async () => {
        while (writing) acknowledged.push((await store.rooms.commit(room.next())).positions[0] as number);
      })().catch(() => undefined);
      while (acknowledged.length < 100) await new Promise((resolve) => setTimeout(resolve, 5));
      await server.crash();
      await server.restart();
      writing = false;
      await writer;
      const positions = (await store.rooms.stream(0, 1_000_000)).map((row) => row.position);
      expect(positions.slice(0, acknowledged.length)).to.deep.equal(acknowledged);
      const [newest] = await store.rooms.latest(room.room_id, 1e9, 1);
      if (newest !== undefined) await store.rooms.commit(room.next({ prev: [newest.stored] }));
      await store.close();
    } finally {
      await server.stop();
    }
  });
});
