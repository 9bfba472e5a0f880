import { expect } from 'chai';
import { join } from 'node:path';
import { checkStore, SqliteStore } from '@openguild/storage';
import { SampleRoom } from '../../src/contract/sample-events.ts';
import { MIGRATIONS } from '../../src/sql/migrations.ts';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('a database of an earlier version', () => {
  it('goes on where it stopped', async () => {
    const folder = await temporaryFolder();
    const room = new SampleRoom('guild');
    const first = room.event({ stateKey: '' });
    const old = openDatabase(join(folder.path, 'openguild.db'), MIGRATIONS.slice(0, 1));
    const { room_id, room_version, kind } = room.snapshot;
    const id = first.event.event_id;
    old.prepare('INSERT INTO rooms VALUES (4, ?, ?, ?, NULL, ?)').run(room_id, room_version, kind, JSON.stringify([id]));
    old.prepare('INSERT INTO states VALUES (6, 1, NULL, ?)').run(JSON.stringify(first.state_delta));
    old
      .prepare(
        'INSERT INTO events (num, room, event_id, depth, rejected, soft_failed, redacted, rank, received_ts, void_before, state, pdu) VALUES (9, 4, ?, 0, 0, 0, 0, ?, 5, ?, 6, ?)',
      )
      .run(id, first.rank, JSON.stringify([id]), JSON.stringify(first.event.pdu));
    old.prepare('INSERT INTO stream VALUES (17, 4, 9)').run();
    old.prepare('INSERT INTO outgoing VALUES (21, ?, 9)').run('b.example');
    old.close();
    room.head = first;
    const store = await SqliteStore.open(folder.path);
    expect((await store.rooms.commit(room.next({ stateKey: 'k' }, { destinations: ['b.example'] }))).positions).to.deep.equal([18]);
    expect((await store.outgoing.peek('b.example', 5)).map((item) => item.sequence)).to.deep.equal([21, 22]);
    expect(await store.rooms.stateAfter(room_id, room.head?.event.event_id ?? '')).to.have.length(2);
    expect((await store.rooms.events(room_id, [id]))[0]?.void_delta).to.deep.equal({ base: null, added: [id], removed: [] });
    expect((await checkStore(store, { hashes: false })).findings).to.deep.include({
      kind: 'past',
      room_id,
      event_id: id,
      detail: `it says whether ${id} is void, which is not stored before it`,
    });
    await store.close();
    await folder.remove();
  });
});
