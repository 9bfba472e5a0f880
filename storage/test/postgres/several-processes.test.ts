import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkStore, MemoryStore, PostgresStore, type StreamRow } from '@openguild/storage';
import { TestServer } from '../runner/test-server.ts';
import { A, twoServers } from '../runner/two-servers.ts';
import { newSchema, postgresOrSkip, type PostgresServer } from './postgres-server.ts';

const SHARED_WRITER = join(import.meta.dirname, 'write-shared-room.ts');
const WRITER = join(import.meta.dirname, 'write-many.ts');
const EVENTS = 360;

describe('several processes on one Postgres database', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  before(async function () {
    server = await postgresOrSkip(this);
  });

  /** A process that writes, and the lines that it printed once it has ended. */
  function writer(schema: string, name: string, count: number): { lines: string[]; kill: () => void; end: Promise<unknown> } {
    const child = spawn(process.execPath, [WRITER, server.url, schema, name, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => line !== 'ready' && lines.push(line));
    return { lines, kill: () => child.kill('SIGKILL'), end: once(child, 'close') };
  }

  /** Follows the stream from its beginning until `over` says so and nothing more comes. */
  async function follow(store: PostgresStore, over: () => boolean): Promise<StreamRow[]> {
    const rows: StreamRow[] = [];
    for (let last = false; !last; ) {
      last = over();
      const page = await store.rooms.stream(rows.at(-1)?.position ?? 0, 50);
      for (const row of page) expect(row.position).to.be.greaterThan(rows.at(-1)?.position ?? 0);
      rows.push(...page);
      if (page.length > 0) last = false;
    }
    return rows;
  }

  it('start at the same time, and make the schema once', async () => {
    const schema = newSchema();
    const stores = await Promise.all([1, 2, 3, 4].map(() => PostgresStore.open({ url: server.url, schema })));
    await stores[0]?.values.set('s', 'k', { n: 1 });
    expect(await stores[3]?.values.get('s', 'k')).to.deep.equal({ n: 1 });
    for (const store of stores) await store.close();
  });

  it('write at the same time, and no reader skips a position', async () => {
    const schema = newSchema();
    const store = await PostgresStore.open({ url: server.url, schema });
    const writers = ['one', 'two', 'three'].map((name) => writer(schema, name, EVENTS));
    let over = false;
    const all = Promise.all(writers.map((each) => each.end)).then(() => (over = true));
    const readers = [follow(store, () => over), follow(store, () => over)];
    await all;
    const acknowledged = writers.flatMap((each) => each.lines);
    expect(acknowledged).to.have.length(3 * EVENTS);
    for (const rows of await Promise.all(readers)) {
      const seen = rows.map((row) => `${row.room_id} ${row.stored.event.event_id} ${row.position}`);
      expect(seen.length).to.equal(new Set(seen).size);
      expect(new Set(seen)).to.deep.equal(new Set(acknowledged));
      expect(rows.map((row) => row.position)).to.deep.equal(Array.from({ length: 3 * EVENTS }, (_, i) => i + 1));
    }
    await store.close();
  });

  it('write to one room, each by a runner of its own: every step follows what is there', async () => {
    const schema = newSchema();
    const store = await PostgresStore.open({ url: server.url, schema });
    const other = new MemoryStore();
    const { a, b, guild, channel } = await twoServers({ a: store, b: other });
    await a.runner.settled();
    const children = ['one', 'two', 'three'].map((name) =>
      spawn(process.execPath, [SHARED_WRITER, server.url, schema, guild, channel, name, '16'], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const acknowledged: string[] = [];
    for (const child of children)
      createInterface({ input: child.stdout }).on('line', (line) => line !== 'ready' && acknowledged.push(line));
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0] as unknown));
    expect(codes).to.deep.equal([0, 0, 0]);
    expect(acknowledged).to.have.length(3 * (12 * 2 + 4));
    const rows = await follow(store, () => true);
    const ids = rows.map((row) => row.stored.event.event_id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of acknowledged) expect(ids).to.include(id);
    expect((await checkStore(store)).findings).to.deep.equal([]);
    // Nobody wrote beside somebody else: each room is one chain, but for where it began.
    for (const { room_id, extremities } of await store.rooms.list()) expect(extremities, room_id).to.have.length(1);
    // Another server judges the same events in the same way.
    for (const { room_id, stored } of rows) if (room_id === guild) await b.receive(stored.event);
    for (const { room_id, stored } of rows) if (room_id === channel) expect((await b.receive(stored.event)).kind).to.equal('accepted');
    const late = new TestServer(A, store);
    for (const room of [guild, channel]) expect(await b.view(room)).to.deep.equal(await late.view(room));
    await store.close();
  });

  it('are killed, and nothing that they acknowledged is lost, nor do they hold up others', async () => {
    const schema = newSchema();
    const store = await PostgresStore.open({ url: server.url, schema });
    const writers = [writer(schema, 'one', 0), writer(schema, 'two', 0)];
    while (writers.some((each) => each.lines.length < 120)) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const each of writers) each.kill();
    await Promise.all(writers.map((each) => each.end));
    const other = writer(schema, 'three', 12);
    await other.end;
    const rows = await follow(store, () => true);
    const seen = new Set(rows.map((row) => `${row.room_id} ${row.stored.event.event_id} ${row.position}`));
    for (const line of [...writers, other].flatMap((each) => each.lines)) expect(seen.has(line), line).to.equal(true);
    await store.close();
  });
});
