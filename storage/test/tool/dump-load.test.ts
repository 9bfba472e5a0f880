import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkStore, DumpError, dumpToFile, loadFromFile, openStore, type SqlStore, SqliteStore } from '@openguild/storage';
import { DUMP_TABLES } from '../../src/tool/tables.ts';
import { newSchema, postgresOrSkip } from '../postgres/postgres-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { fillWithSamples, realHistory } from './sample-history.ts';

const TOOL = join(import.meta.dirname, '../../dist/tool/main.js');
const run = promisify(execFile);

describe('dump and load', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let open: SqlStore[];
  beforeEach(async () => {
    folder = await temporaryFolder();
    open = [];
  });
  afterEach(async () => {
    for (const store of open) await store.close();
    await folder.remove();
  });
  const at = (name: string): string => join(folder.path, name);
  const store = async (place: string): Promise<SqlStore> => {
    const made = await openStore(place);
    open.push(made);
    return made;
  };
  const dumpOf = async (one: SqlStore, name: string): Promise<string> => {
    await dumpToFile(one, at(name));
    return readFile(at(name), 'utf8');
  };

  it('brings a store into another, which then has the same dump and a clean check', async () => {
    const one = await store(at('one'));
    await fillWithSamples(one);
    const dump = await dumpOf(one, 'one.jsonl');
    const two = await store(at('two'));
    await loadFromFile(two, at('one.jsonl'));
    expect(await dumpOf(two, 'two.jsonl')).to.equal(dump);
    const report = await checkStore(two, { hashes: false });
    expect(report.findings).to.deep.equal([]);
    for (const room of await one.rooms.list()) {
      for (const id of room.extremities)
        expect(new Set(await two.rooms.stateAfter(room.room_id, id))).to.deep.equal(new Set(await one.rooms.stateAfter(room.room_id, id)));
    }
    expect(await two.outgoing.peek('b.example', 100)).to.deep.equal(await one.outgoing.peek('b.example', 100));
  });

  it('gives the same bytes from SQLite and Postgres, written to in the same way or loaded', async function () {
    const server = await postgresOrSkip(this);
    const sqlite = await store(at('one'));
    const place = (schema: string): string => `${server.url}&schema=${schema}`;
    const postgres = await store(place(newSchema()));
    for (const each of [sqlite, postgres]) await fillWithSamples(each);
    const dump = await dumpOf(sqlite, 'one.jsonl');
    for (const { name } of DUMP_TABLES) expect(dump, 'every table has rows').to.include(`{"table":"${name}","row":`);
    expect(await dumpOf(postgres, 'two.jsonl')).to.equal(dump);
    const [back, other] = [await store(at('back')), await store(place(newSchema()))];
    await loadFromFile(other, at('one.jsonl'));
    await loadFromFile(back, at('two.jsonl'));
    expect(await dumpOf(other, 'three.jsonl')).to.equal(dump);
    expect(await dumpOf(back, 'four.jsonl')).to.equal(dump);
    expect((await checkStore(other, { hashes: false })).findings).to.deep.equal([]);
    expect((await checkStore(postgres, { hashes: false })).findings).to.deep.equal([]);
  });

  it('reads dumps of the first version, in which each event has the whole list of what is void before it', async () => {
    const one = await store(at('one'));
    await fillWithSamples(one, 20);
    const ids = (await one.rooms.events('!guild:a.example', (await one.rooms.open('!guild:a.example'))?.extremities ?? [])).map(
      (stored) => stored.event.event_id,
    );
    const old = (await dumpOf(one, 'one.jsonl'))
      .split('\n')
      .slice(0, -2)
      .map((line, i) => line.replace('"version":2', i === 0 ? '"version":1' : '"version":2'))
      .map((line) => line.replace('"void_base":null,"void_added":null,"void_removed":null', `"void_before":${JSON.stringify(ids)}`));
    const body = old.map((line) => `${line}\n`).join('');
    const end = JSON.stringify({ end: { lines: old.length, sha256: createHash('sha256').update(body).digest('hex') } });
    await writeFile(at('old.jsonl'), `${body}${end}\n`);
    const two = await store(at('two'));
    await loadFromFile(two, at('old.jsonl'));
    const [event] = await two.rooms.byDepth('!guild:a.example', null, 1);
    expect(event?.void_delta).to.deep.equal({ base: null, added: ids, removed: [] });
  });

  it('refuses dumps that are damaged, cut short or foreign, and writes nothing of them', async () => {
    const one = await store(at('one'));
    await fillWithSamples(one, 20);
    const lines = (await dumpOf(one, 'one.jsonl')).split('\n').slice(0, -1);
    const bad = [
      lines.slice(0, -1),
      lines.slice(0, 9),
      [...lines, lines[1] as string],
      lines.map((line, i) => (i === 12 ? line.replace('text', 'taxt') : line)),
      lines.toSpliced(5, 1),
      ['{"format":"other"}', ...lines.slice(1)],
      ['{}'],
      [],
      ['no JSON'],
    ];
    const two = await store(at('two'));
    for (const [index, text] of bad.entries()) {
      await writeFile(at('bad.jsonl'), text.map((line) => `${line}\n`).join(''));
      const error = await loadFromFile(two, at('bad.jsonl')).catch((caught: unknown) => caught);
      expect(error, String(index)).to.be.instanceOf(DumpError);
      expect(await two.rooms.list()).to.deep.equal([]);
    }
    const error = await loadFromFile(one, at('one.jsonl')).catch((caught: unknown) => caught);
    expect((error as Error).message).to.match(/empty/);
  });

  it('is a tool, with --help and exit codes', async () => {
    const [a, b] = [await SqliteStore.open(at('a')), await SqliteStore.open(at('b'))];
    await realHistory({ a, b });
    await a.close();
    await b.close();
    const tool = async (...args: string[]): Promise<{ code: number; out: string }> =>
      run(process.execPath, [TOOL, ...args]).then(
        ({ stdout }) => ({ code: 0, out: stdout }),
        (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, out: error.stdout + error.stderr }),
      );
    expect((await tool('--help')).out).to.match(/check PLACE[\s\S]*rebuild PLACE[\s\S]*backup PLACE FILE/);
    const checked = await tool('check', at('a'));
    expect(checked.out).to.match(/^2 rooms, \d+ events, \d+ signatures: 0 findings/);
    expect(checked.code).to.equal(0);
    expect((await tool('dump', at('a'), at('a.jsonl'))).code).to.equal(0);
    expect((await tool('load', at('a.jsonl'), at('c'))).code).to.equal(0);
    expect((await tool('dump', at('c'), at('c.jsonl'))).code).to.equal(0);
    expect(await readFile(at('c.jsonl'), 'utf8')).to.equal(await readFile(at('a.jsonl'), 'utf8'));
    expect((await tool('backup', at('a'), at('a.backup'))).code).to.equal(0);
    expect((await tool('restore', at('a.backup'), at('d'))).code).to.equal(0);
    expect((await tool('check', at('d'))).code).to.equal(0);
    expect((await tool('restore', at('a.backup'), at('d'))).out).to.include('already');
    expect(await tool('check', at('nowhere'))).to.deep.include({ code: 1 });
    expect((await tool('chekc', at('a'))).code).to.equal(1);
  });
});
