import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SqliteStore, StoreLockedError } from '@openguild/storage';
import { temporaryFolder } from '../temporary-folder.ts';

const ROUNDS = 6;
const WRITER = join(import.meta.dirname, 'write-until-killed.ts');

describe('a process that is killed while it writes', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await folder.remove();
  });

  /** Lines that a writer printed until it was killed, which happens at a line of its own choosing. */
  async function killedWriter(round: number): Promise<string[]> {
    const writer = spawn(process.execPath, [WRITER, folder.path, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = writer;
    const lines: string[] = [];
    createInterface({ input: writer.stdout }).on('line', (line) => {
      lines.push(line);
      if (lines.length === 40 + round * 37) writer.kill('SIGKILL');
    });
    await once(writer, 'close');
    expect(writer.signalCode).to.equal('SIGKILL');
    return lines.filter((line) => line !== 'ready');
  }

  it('loses nothing that it acknowledged, and its folder is free again', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const acknowledged = await killedWriter(round);
      expect(acknowledged.length).to.be.greaterThan(30);
      const store = await SqliteStore.open(folder.path);
      const rows = new Map((await store.rooms.stream(0, 1_000_000)).map((row) => [row.stored.event.event_id, row]));
      const waiting = new Set((await store.outgoing.peek('b.example', 1_000_000)).map((item) => item.event_id));
      for (const line of acknowledged) {
        const [room_id, event_id = '', position] = line.split(' ');
        const row = rows.get(event_id);
        expect([row?.room_id, String(row?.position)]).to.deep.equal([room_id, position]);
        expect(waiting.has(event_id)).to.equal(true);
      }
      // Whatever is there is whole: the newest event of each room is its extremity, and has a state.
      for (const room of await store.rooms.list()) {
        const [newest] = await store.rooms.latest(room.room_id, 1_000_000, 1);
        expect(room.extremities).to.deep.equal([newest?.stored.event.event_id]);
        expect(await store.rooms.stateAfter(room.room_id, room.extremities[0] ?? '')).to.have.length(1);
      }
      await store.close();
    }
  });

  it('keeps a second process out of its folder', async () => {
    const writer = spawn(process.execPath, [WRITER, folder.path, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = writer;
    await once(createInterface({ input: writer.stdout }), 'line');
    const refused = await SqliteStore.open(folder.path).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(StoreLockedError);
    expect((refused as Error).message).to.include(folder.path);
    writer.kill('SIGKILL');
    await once(writer, 'close');
    await (await SqliteStore.open(folder.path)).close();
  });
});
