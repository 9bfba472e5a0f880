import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkStore, SqliteStore } from '@openguild/storage';
import { seeded } from '../crash/seeded.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { powerLoss, readRecords } from './power-loss.ts';

const run = promisify(execFile);
const SEED = Number(process.env['OPENGUILD_SEED'] ?? Date.now() % 1_000_000);
const LOSSES = Number(process.env['OPENGUILD_POWER_LOSSES'] ?? 20);

describe(`loss of power, page by page (OPENGUILD_SEED=${SEED})`, function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let records: ReturnType<typeof readRecords>;
  before(async function () {
    folder = await temporaryFolder();
    const library = join(folder.path, 'record-writes.so');
    const compiled = await run('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'record-writes.c'), '-ldl']).then(
      () => process.platform === 'linux',
      () => false,
    );
    if (!compiled) return this.skip();
    const place = join(folder.path, 'written');
    await run(process.execPath, [join(import.meta.dirname, 'write-recorded.ts'), place, '500', String(SEED)], {
      env: { ...process.env, LD_PRELOAD: library, RECORD_OF: place, RECORD_TO: join(folder.path, 'records') },
    });
    records = readRecords(await readFile(join(folder.path, 'records')));
  });
  after(() => folder.remove());

  /** What of it is not as acknowledged; 'unreadable' if the store cannot be opened. */
  async function faultsAt(at: number, name: string, random: (below: number) => number, lies = 0): Promise<string[]> {
    const place = join(folder.path, name);
    const acknowledged = await powerLoss(records, at, place, random, lies);
    let store: SqliteStore;
    try {
      store = await SqliteStore.open(place);
    } catch (error) {
      return [`unreadable: ${(error as Error).message}`];
    }
    try {
      const events = (await store.rooms.stream(0, 100_000)).map((row) => row.stored.event.event_id);
      const values = new Map((await store.values.entries('crash')).map(([key, value]) => [key, Number(value['n'])]));
      const messages = new Set((await store.toDevice.read('@a:a.example', 'd', 0, 100_000)).map((one) => one.content['n']));
      const there = new Set(events);
      const waiting = new Set((await store.outgoing.peek('b.example', 100_000)).map((item) => item.event_id));
      const lost = acknowledged.filter((line) => {
        const [kind, name_ = '', n] = line.split(' ');
        if (kind === 'event') return !there.has(name_) || !waiting.has(name_);
        return kind === 'message' ? !messages.has(Number(name_)) : (values.get(name_) ?? -1) < Number(n);
      });
      const twice = events.length === there.size ? [] : ['an event is there twice'];
      return [...lost, ...twice, ...(await checkStore(store, { hashes: false })).findings.map((finding) => finding.detail)];
    } catch (error) {
      return [`unreadable: ${(error as Error).message}`];
    } finally {
      await store.close().catch(() => undefined);
    }
  }

  it('loses nothing that was acknowledged, whatever of the unsynced pages is lost or torn [optional]', async () => {
    const random = seeded(SEED);
    expect(records.filter((one) => one.file === 'd' && one.kind === 'S').length, 'syncs of the database').to.be.greaterThan(1);
    for (let i = 0; i < LOSSES; i++) {
      const at = random(records.length);
      expect(await faultsAt(at, `loss${i}`, random), `power lost at record ${at} of ${records.length}`).to.deep.equal([]);
    }
  });

  it('would be found out if a disk said that it had synced, and had not [optional]', async () => {
    const random = seeded(SEED);
    let found = 0;
    for (let i = 0; i < 10 && found === 0; i++) if ((await faultsAt(random(records.length), `lie${i}`, random, 3)).length > 0) found++;
    expect(found).to.be.greaterThan(0);
  });
});
