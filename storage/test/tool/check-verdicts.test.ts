import { expect } from 'chai';
import { buildEvent, NATIVE_VERSION, roomVersion, type RoomEvent, type RoomVersion } from '@openguild/core';
import { SqliteStore } from '../../src/sqlite/sqlite-store.ts';
import { checkStore } from '../../src/tool/check.ts';
import { rebuildStore } from '../../src/tool/rebuild.ts';
import { signer } from '../runner/test-server.ts';
import { A, BOB, CAROL, OLGA, twoServers } from '../runner/two-servers.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;

type Statement = readonly [sql: string, ...values: string[]];

describe('check --verdicts', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: SqliteStore;
  let other: SqliteStore;
  let last: RoomEvent;
  let forged: RoomEvent;
  let merge: RoomEvent;
  let revoked: RoomEvent;
  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await SqliteStore.open(`${folder.path}/a`);
    other = await SqliteStore.open(`${folder.path}/b`);
    const { a, b, guild, channel, channelCreate, bobsStay } = await twoServers({ a: store, b: other });
    await b.receive(channelCreate);
    // Bob bans Carol while Olga takes his role away: his ban is void once they hear of each other.
    const byA = [await a.say(channel, OLGA, 'one'), await a.add(guild, OLGA, 'm.guild.member_roles', { stay: bobsStay, roles: [] }, BOB)];
    const byB = [await b.say(channel, BOB, 'two'), await b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL)];
    for (const event of byB) await a.receive(event, b.name);
    for (const event of byA) await b.receive(event);
    revoked = byA[1] as RoomEvent;
    merge = await b.add(guild, '@:b.example', 'm.room.merge', {});
    await a.receive(merge, b.name);
    const fields = { type: 'm.guild.role', sender: CAROL, content: { name: 'mine' }, state_key: 'mine', origin_ts: 9_000 };
    const place = { room_id: guild, prev_events: [merge.event_id], auth_events: [] };
    forged = buildEvent({ ...fields, ...place }, VERSION, [signer(`${A}/k1`)]);
    expect((await a.receive(forged)).kind).to.equal('rejected');
    last = await a.say(channel, OLGA, 'last');
    await Promise.all([a.runner.settled(), b.runner.settled()]);
  });
  afterEach(async () => {
    await store.close();
    await other.close();
    await folder.remove();
  });

  /** As something else than this program might leave it that knows all else: sums, states and extremities fit. */
  async function alter(...statements: readonly Statement[]): Promise<void> {
    await store.committer.run(async (tx) => {
      for (const [sql, ...values] of statements) expect(await tx.run(sql, ...values), sql).to.be.greaterThan(0);
    });
    await rebuildStore(store, 1);
  }
  const found = async (verdicts: boolean): Promise<string[]> =>
    (await checkStore(store, { verdicts })).findings.map(({ kind, event_id, detail }) => `${kind} ${event_id}: ${detail}`);

  it('finds nothing in what hosts wrote, and tells how many it judged', async () => {
    for (const each of [store, other]) {
      const told: unknown[] = [];
      const report = await checkStore(each, { verdicts: true, progress: (what, done, total) => told.push([what, done, total]) });
      expect(report.findings).to.deep.equal([]);
      expect(report.verdicts).to.equal(report.events);
      expect(told.at(-1)).to.deep.equal(['verdicts', report.events, report.events]);
    }
    expect((await checkStore(store)).verdicts).to.equal(0);
  });

  const OF = 'WHERE event_id = ?';
  const NUM = `(SELECT num FROM events ${OF})`;
  const cases: [name: string, change: () => Statement[], event: () => RoomEvent, says: string][] = [
    [
      'an accepted event that is written as rejected',
      () => [
        [`DELETE FROM stream WHERE event = ${NUM}`, last.event_id],
        [`DELETE FROM outgoing WHERE event = ${NUM}`, last.event_id],
        [`UPDATE events SET rejected = 1, rank = 0, fault_rule = 'AUTH-1.1', state = NULL ${OF}`, last.event_id],
      ],
      () => last,
      'its verdict is "accepted"',
    ],
    [
      'a rejected event that is written as accepted',
      () => [
        [
          `UPDATE events SET rejected = 0, soft_failed = 1, state_base = ${NUM}, depth = (SELECT depth + 1 FROM events ${OF}) ${OF}`,
          merge.event_id,
          merge.event_id,
          forged.event_id,
        ],
      ],
      () => forged,
      'its verdict is "rejected"',
    ],
    [
      'a rejection by another rule',
      () => [[`UPDATE events SET fault_rule = 'AUTH-7.7' ${OF}`, forged.event_id]],
      () => forged,
      'its rule is',
    ],
    ['another rank', () => [[`UPDATE events SET rank = rank + 1 ${OF}`, last.event_id]], () => last, 'its rank is'],
    [
      'a change of the state that the event did not make',
      () => [[`UPDATE events SET state_delta = '[["m.room.member","@carol:a.example",null]]' ${OF}`, merge.event_id]],
      () => merge,
      'its change is',
    ],
    [
      'a change of the state that is left out',
      () => [[`UPDATE events SET state_delta = '[]' ${OF}`, revoked.event_id]],
      () => revoked,
      'its change is',
    ],
    [
      'other void events',
      () => [[`UPDATE events SET void_added = NULL, void_base = NULL ${OF}`, merge.event_id]],
      () => merge,
      'its void is',
    ],
  ];
  for (const [name, change, event, says] of cases) {
    it(`finds ${name}, where all else fits`, async () => {
      await alter(...change());
      expect(await found(false)).to.deep.equal([]);
      const { event_id } = event();
      expect((await found(true)).filter((line) => line.startsWith(`verdict ${event_id}: ${says}`))).to.have.length(1);
    });
  }

  it('is not needed to find a rejected event that is marked as soft-failed', async () => {
    await alter([`UPDATE events SET soft_failed = 1 ${OF}`, forged.event_id]);
    expect(await found(false)).to.deep.equal([`event ${forged.event_id}: it is rejected, and is marked as soft-failed as well`]);
  });
});
