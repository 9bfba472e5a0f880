import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StreamRow } from '../../src/ports.ts';
import { PostgresStore } from '../../src/postgres/postgres-store.ts';
import { newSchema, postgresOrSkip, type PostgresServer } from './postgres-server.ts';

const WRITER = join(import.meta.dirname, 'write-many.ts');
const EVENTS = 900;

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

  it('are killed, and nothing that they acknowledged is lost, nor do they hold up others', async () => {
    const schema = newSchema();
    const store = await PostgresStore.open({ url: server.url, schema });
    const writers = [writer(schema, 'one', 0), writer(schema, 'two', 0)];
    while (writers.some((each) => each.lines.length < 300)) await new Promise((resolve) => setTimeout(resolve, 10));
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
