import { expect } from 'chai';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backupStore, checkStore, ForeignDatabaseError, HeldRooms, openStore, restoreStore, SqliteStore } from '@openguild/storage';
import { SampleRoom } from '../../src/contract/sample-events.ts';
import { newSchema, postgresOrSkip } from '../postgres/postgres-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { fillWithSamples } from './sample-history.ts';

describe('backup and restore', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());
  const at = (name: string): string => join(folder.path, name);

  it('copies one moment while others write', async () => {
    const store = await SqliteStore.open(at('a'));
    const rooms = Array.from({ length: 5 }, (_, i) => new SampleRoom(`r${i}`));
    let writing = true;
    let written = 0;
    const writer = (async () => {
      while (writing) {
        await Promise.all(rooms.map((room) => store.rooms.commit(room.next({ stateKey: `k${written % 9}` }))));
        written += rooms.length;
      }
    })();
    while (written < 200) await new Promise((resolve) => setImmediate(resolve));
    const before = await store.rooms.position();
    await backupStore(at('a'), at('copy'));
    const after = await store.rooms.position();
    writing = false;
    await writer;
    await store.close();
    if (process.platform !== 'win32') expect((await stat(at('copy'))).size).to.be.greaterThan(10_000);
    await restoreStore(at('copy'), at('b'), 5);
    const back = await SqliteStore.open(at('b'));
    const positions = (await back.rooms.stream(0, 1_000_000)).map((row) => row.position);
    expect(positions).to.deep.equal(Array.from({ length: positions.length }, (_, i) => i + 1));
    expect(positions.length).to.be.within(before, after);
    expect((await checkStore(back, { hashes: false })).findings).to.deep.equal([]);
    await back.close();
  });

  it('gives out no position or sequence that may have been given out after the backup', async () => {
    const store = await SqliteStore.open(at('a'));
    const room = new SampleRoom('guild');
    const next = (): Parameters<typeof store.rooms.commit>[0] => room.next({}, { destinations: ['b.example'] });
    for (let i = 0; i < 10; i++) await store.rooms.commit(next());
    const { head } = room;
    await backupStore(at('a'), at('copy'));
    const lost = new Set<number>();
    for (let i = 0; i < 300; i++) lost.add((await store.rooms.commit(next())).positions[0] as number);
    const sequences = (await store.outgoing.peek('b.example', 1_000)).map((item) => item.sequence);
    await store.close();

    // Twice in a row, each from the backup before.
    let place = 'copy';
    for (const name of ['b', 'c']) {
      await restoreStore(at(place), at(name), 77);
      const back = await SqliteStore.open(at(name));
      expect(await back.values.get('store', 'restored')).to.include({ restored_ts: 77 });
      room.head = head;
      const { positions } = await back.rooms.commit(next());
      expect(lost.has(positions[0] as number)).to.equal(false);
      lost.add(positions[0] as number);
      expect(positions[0]).to.be.greaterThan(Math.max(...lost) - 1);
      const newest = (await back.outgoing.peek('b.example', 1_000)).at(-1)?.sequence ?? 0;
      expect(newest).to.be.greaterThan(Math.max(...sequences));
      sequences.push(newest);
      await back.close();
      place = `${name}.copy`;
      await backupStore(at(name), at(place));
    }
  });

  it('brings back no access token, one-time key or code that may have been used up after the backup', async () => {
    const store = await SqliteStore.open(at('a'));
    await fillWithSamples(store);
    const code = { guild_id: '!g:a.example', creator: '@a:a.example', created_ts: 0, expires_ts: null, uses: 0, revoked: false };
    await store.invites.addCode({ ...code, code: 'once', max_uses: 1 });
    await store.invites.addCode({ ...code, code: 'often', max_uses: null });
    await backupStore(at('a'), at('copy'));
    const lost = await store.devices.claimOneTimeKey('@a:a.example', 'd', 'signed_curve25519');
    await store.toDevice.add([{ user_id: '@a:a.example', device_id: 'd', sender: '@b:b.example', type: 't', content: {} }]);
    const given = (await store.toDevice.read('@a:a.example', 'd', 0, 99)).at(-1)?.position ?? 0;
    await store.close();
    await restoreStore(at('copy'), at('b'), 5);
    const back = await SqliteStore.open(at('b'));
    expect(lost).not.to.equal(undefined);
    expect(await back.devices.claimOneTimeKey('@a:a.example', 'd', 'signed_curve25519')).to.equal(undefined);
    const again = await back.devices
      .addOneTimeKeys('@a:a.example', 'd', [lost ?? { algorithm: '', key_id: '', key: {} }])
      .then(() => back.devices.claimOneTimeKey('@a:a.example', 'd', 'signed_curve25519'));
    expect(again, 'a key that was claimed after the backup').to.equal(undefined);
    await back.toDevice.add([{ user_id: '@a:a.example', device_id: 'd', sender: '@b:b.example', type: 't', content: {} }]);
    expect((await back.toDevice.read('@a:a.example', 'd', given, 99)).map((one) => one.position)).to.deep.equal([2 ** 40 + 1]);
    expect(await back.accounts.findToken('ff')).to.equal(undefined);
    expect(await back.invites.redeemCode('once', 1)).to.equal(false);
    expect(await back.invites.redeemCode('often', 1)).to.equal(true);
    expect((await HeldRooms.load(back.values)).rooms).to.have.members((await back.rooms.list()).map((room) => room.room_id));
    await back.close();
  });

  it('takes Postgres to Postgres, and a dump of it to a folder', async function () {
    const server = await postgresOrSkip(this);
    const place = (schema: string): string => `${server.url}&schema=${schema}`;
    const [one, two] = [place(newSchema()), place(newSchema())];
    const store = await openStore(one);
    await fillWithSamples(store);
    const stream = await store.rooms.stream(0, 1_000);
    await store.close();
    await backupStore(one, at('copy'));
    for (const target of [two, at('folder')]) {
      await restoreStore(at('copy'), target, 5);
      const back = await openStore(target);
      expect(await back.rooms.stream(0, 1_000)).to.deep.equal(stream);
      const room = new SampleRoom('new');
      expect((await back.rooms.commit(room.next())).positions[0]).to.be.greaterThan(2 ** 40);
      await back.close();
    }
  });

  it('puts nothing over a store that is there, and nothing that is no backup in its place', async () => {
    await (await SqliteStore.open(at('a'))).close();
    await backupStore(at('a'), at('copy'));
    const refused = async (file: string, place: string): Promise<unknown> => restoreStore(file, place, 5).catch((error: unknown) => error);
    expect(await refused(at('copy'), at('a'))).to.be.instanceOf(Error);
    await writeFile(at('letter'), 'SQLite format 3\u0000 but not at all a database'.repeat(100));
    expect(await refused(at('letter'), at('b'))).to.be.instanceOf(ForeignDatabaseError);
    await restoreStore(at('copy'), at('b'), 5);
    expect(await refused(at('missing'), at('c'))).to.be.instanceOf(Error);
    expect(await refused(at('copy'), at('c'))).to.equal(undefined);
  });
});
