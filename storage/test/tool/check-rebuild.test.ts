import { expect } from 'chai';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { checkStore, purgeQuarantine, rebuildStore, SqliteStore } from '@openguild/storage';
import { newSchema, postgresOrSkip } from '../postgres/postgres-server.ts';
import { openStore } from '../../src/open-store.ts';
import { checkStore as check } from '../../src/tool/check.ts';
import { rebuildStore as rebuild } from '../../src/tool/rebuild.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { fillWithSamples, realHistory } from './sample-history.ts';

describe('check and rebuild', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
    const [a, b] = [await SqliteStore.open(join(folder.path, 'a')), await SqliteStore.open(join(folder.path, 'b'))];
    await realHistory({ a, b });
    await a.close();
    await b.close();
  });
  afterEach(() => folder.remove());

  const damage = (sql: string): void => {
    const db = new Database(join(folder.path, 'a', 'openguild.db'));
    db.pragma('foreign_keys = OFF');
    expect(db.prepare(sql).run().changes, sql).to.be.greaterThan(0);
    db.close();
  };
  const withA = async <T>(work: (store: SqliteStore) => Promise<T>): Promise<T> => {
    const store = await SqliteStore.open(join(folder.path, 'a'));
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  const kinds = async (): Promise<string[]> => [
    ...new Set((await withA((store) => checkStore(store))).findings.map((finding) => finding.kind)),
  ];

  it('find nothing wrong with what hosts wrote, on both sides', async () => {
    for (const name of ['a', 'b']) {
      const store = await SqliteStore.open(join(folder.path, name));
      const report = await checkStore(store);
      expect(report.findings).to.deep.equal([]);
      expect(report.events).to.be.greaterThan(30);
      expect(report.signatures).to.be.at.least(report.events);
      await store.close();
    }
  });

  // The damage, what is found, and whether rebuilding mends it.
  const MIDDLE = '(SELECT num FROM events ORDER BY num LIMIT 1 OFFSET 20)';
  const cases: [name: string, sql: string, kind: string, mended: boolean][] = [
    [
      'content that was changed',
      `UPDATE events SET pdu = replace(pdu, 'from a 3', 'from a 4') WHERE pdu LIKE '%from a 3%'`,
      'event',
      false,
    ],
    ['JSON that was cut', `UPDATE events SET pdu = substr(pdu, 1, 50) WHERE num = ${MIDDLE}`, 'event', false],
    ['another ID', `UPDATE events SET event_id = event_id || 'x' WHERE num = ${MIDDLE}`, 'event', false],
    [
      'a signature of something else',
      `UPDATE events SET pdu = json_set(pdu, '$.signatures', json((SELECT json_extract(x.pdu, '$.signatures') FROM events x
        WHERE x.num > events.num AND json_extract(x.pdu, '$.sender') = json_extract(events.pdu, '$.sender') LIMIT 1))) WHERE num = ${MIDDLE}`,
      'signature',
      false,
    ],
    ['an event that is gone', `DELETE FROM events WHERE num = ${MIDDLE}`, 'past', false],
    ['a wrong depth', `UPDATE events SET depth = depth + 1 WHERE num = ${MIDDLE}`, 'past', true],
    ['a state that is gone', 'DELETE FROM states WHERE num = 4', 'state', true],
    ['a state that was changed', `UPDATE states SET changes = replace(changes, 'm.', 'n.') WHERE num = 5`, 'state', true],
    ['a state of another event', 'UPDATE events SET state = 2 WHERE state = 6', 'state', true],
    ['a position that is gone', `DELETE FROM stream WHERE event = ${MIDDLE}`, 'stream', false],
    ['wrong extremities', `UPDATE rooms SET extremities = '["$nothing"]' WHERE num = 1`, 'extremities', true],
    ['a counter that fell back', "UPDATE counters SET value = 3 WHERE name = 'stream'", 'counters', true],
    [
      'a queue entry for nothing',
      "INSERT INTO outgoing (sequence, destination, event) VALUES (1000, 'x.example', 99999)",
      'database',
      false,
    ],
  ];
  for (const [name, sql, kind, mended] of cases) {
    it(`find ${name}${mended ? ', and mend it' : ''}`, async () => {
      damage(sql);
      expect(await kinds()).to.include(kind);
      if (!mended) return;
      await withA((store) => rebuildStore(store, 1_000));
      expect(await kinds()).to.deep.equal([]);
    });
  }

  it('rebuild what was right just as it was, and delete old states only when asked to', async () => {
    const states = (store: SqliteStore): Promise<unknown> =>
      Promise.all(
        [...Array(40).keys()].map(async (i) => {
          const row = (await store.rooms.stream(i, 1))[0];
          return row && new Set((await store.rooms.stateAfter(row.room_id, row.stored.event.event_id))?.map((entry) => entry.join(' ')));
        }),
      );
    await withA(async (store) => {
      const before = await states(store);
      const report = await rebuildStore(store, 1_000);
      expect(report.quarantined).to.be.greaterThan(5);
      expect(await states(store)).to.deep.equal(before);
      expect((await checkStore(store)).findings).to.deep.equal([]);
      expect(await purgeQuarantine(store, 1_000)).to.equal(0);
      expect(await purgeQuarantine(store, 1_001)).to.equal(report.quarantined);
      await fillWithSamples(store);
    });
  });

  it('work on Postgres as well', async function () {
    const server = await postgresOrSkip(this);
    const [a, b] = [await openStore(`${server.url}&schema=${newSchema()}`), await openStore(`${server.url}&schema=${newSchema()}`)];
    await realHistory({ a, b });
    await a.committer.run((tx) => tx.run('UPDATE states SET changes = ? WHERE num = 5', '[]'));
    expect((await check(a)).finding_count).to.be.greaterThan(0);
    await rebuild(a, 1_000);
    for (const store of [a, b]) {
      expect((await check(store)).findings).to.deep.equal([]);
      await store.close();
    }
  });
});
