import { expect } from 'chai';
import {
  base64encode,
  type EventDraft,
  type JsonObject,
  MemoryRooms,
  publicKeyOf,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
  type Signer,
  signJson,
} from '@openguild/core';
import { KEY_DOCUMENTS, keepKeyDocument } from '../../src/key-documents.ts';
import { SqliteStore } from '../../src/sqlite/sqlite-store.ts';
import { checkStore } from '../../src/tool/check.ts';
import { signer } from '../runner/test-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const NOW = 1_700_000_000_000;
const VERSION = roomVersion('12') as RoomVersion;
const [ANNA, BERT] = ['@anna:a.example', '@bert:b.example'];

/** A server's key, and the document in which it publishes it. */
function published(server: string): { key: Signer; document: JsonObject } {
  const own = signer(`${server}/matrix`);
  const key = { ...own, key_id: 'ed25519:1' };
  const text = base64encode(publicKeyOf(own.key_id) as Uint8Array);
  const document = { server_name: server, valid_until_ts: NOW * 2, verify_keys: { 'ed25519:1': { key: text } } };
  return { key, document: signJson(document, server, key) };
}

const KEYS = { [ANNA]: published('a.example'), [BERT]: published('b.example') };

describe('check of a Matrix room', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: SqliteStore;
  const events: RoomEvent[] = [];
  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await SqliteStore.open(folder.path);
    events.length = 0;
    const rooms = new MemoryRooms(
      () => true,
      () => true,
    );
    const put = async (room: string | null, draft: EventDraft): Promise<string> => {
      const context = { now: NOW + events.length, signers: [KEYS[draft.sender]?.key as Signer] };
      const made = room === null ? rooms.start(draft, context, VERSION) : rooms.create(room, draft, context);
      if (made.effects === null || made.event === null) throw new Error(JSON.stringify(made.outcome));
      const snapshot = rooms.room(made.event.room_id)?.snapshot();
      if (snapshot === undefined) throw new Error('no room');
      await store.rooms.commit({ room: snapshot, effects: made.effects, destinations: [], received_ts: NOW });
      events.push(made.event);
      return made.event.room_id;
    };
    const room = await put(null, { type: 'm.room.create', sender: ANNA, state_key: '', content: {} });
    await put(room, { type: 'm.room.member', sender: ANNA, state_key: ANNA, content: { membership: 'join' } });
    await put(room, { type: 'm.room.join_rules', sender: ANNA, state_key: '', content: { join_rule: 'public' } });
    await put(room, { type: 'm.room.member', sender: BERT, state_key: BERT, content: { membership: 'join' } });
    await put(room, { type: 'm.room.message', sender: BERT, content: { body: 'hello' } });
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  it('verifies signatures by the key documents that are kept, and says which it cannot verify', async () => {
    const none = await checkStore(store, { verdicts: true });
    expect(none).to.include({ signatures: 0, unverifiable: 5, verdicts: 5, finding_count: 0 });
    expect(none.unverifiable_servers).to.deep.equal(['a.example', 'b.example']);
    await keepKeyDocument(store.values, KEYS[ANNA]?.document as JsonObject, NOW);
    const some = await checkStore(store);
    expect(some).to.include({ signatures: 3, unverifiable: 2, finding_count: 0 });
    expect(some.unverifiable_servers).to.deep.equal(['b.example']);
    await keepKeyDocument(store.values, KEYS[BERT]?.document as JsonObject, NOW);
    expect(await checkStore(store)).to.include({ signatures: 5, unverifiable: 0, finding_count: 0 });
  });

  it('finds a signature of another event, and a document that is not signed by its own key', async () => {
    for (const { document } of Object.values(KEYS)) await keepKeyDocument(store.values, document, NOW);
    const [, , , join, message] = events as [RoomEvent, RoomEvent, RoomEvent, RoomEvent, RoomEvent];
    await store.committer.run((tx) =>
      tx.run(
        'UPDATE events SET pdu = ? WHERE event_id = ?',
        JSON.stringify({ ...message.pdu, signatures: join.pdu['signatures'] }),
        message.event_id,
      ),
    );
    const [wrong, ...others] = (await checkStore(store)).findings;
    expect(others).to.deep.equal([]);
    expect(wrong).to.include({ kind: 'signature', event_id: message.event_id });
    const forged = { ...(KEYS[BERT]?.document as JsonObject), valid_until_ts: NOW * 3 };
    await store.values.set(KEY_DOCUMENTS, 'b.example forged', { document: forged, fetched_ts: NOW });
    const { findings } = await checkStore(store);
    expect(findings.map(({ detail }) => detail).join()).to.include('the key document b.example forged: MXB-21');
    expect(findings).to.have.length(2);
  });
});
