import { type Ask, type EventDraft, type Room, signerFromSeed } from '@openguild/core';
import { MemoryStore, RoomRunner, verifyWithNode } from '@openguild/storage';
import { expect } from 'chai';
import { Access } from '../../src/federation/access.ts';
import { HostError } from '../../src/http/errors.ts';
import type { Rooms } from '../../src/services/rooms.ts';

describe('FED-35: a room of a Matrix version in the store', () => {
  it('is for no other server, and no request fails over it', async () => {
    const store = new MemoryStore();
    const runner = new RoomRunner({
      store,
      verify: verifyWithNode,
      verifyServers: async (checks) => checks.map(() => true),
      fetchMissing: async () => [],
      now: () => 1_700_000_000_000,
      ownServer: 'a.example',
    });
    const key = signerFromSeed(new Uint8Array(32).fill(1));
    const create: EventDraft = { type: 'm.room.create', sender: '@anna:a.example', state_key: '', content: { room_version: '12' } };
    const { event } = await runner.create(null, create, [{ key_id: 'ed25519:1', sign: (message) => key.sign(message) }]);
    const rooms = { ask: <T>(roomId: string, question: (room: Room) => Ask<T>) => runner.ask(roomId, question) } as unknown as Rooms;
    const access = new Access(store, rooms, () => 0);
    for (const server of ['a.example', 'b.example']) {
      expect(await access.isAdmitted(event.room_id, server)).to.equal(false);
      expect(await access.receives(event.room_id, server)).to.equal(false);
      expect(await access.isPeer(server)).to.equal(false);
      const error = await access.room(event.room_id, server).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(HostError).and.to.include({ code: 'NOT_ADMITTED' });
    }
  });
});
