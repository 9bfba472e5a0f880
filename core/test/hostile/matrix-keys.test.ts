import { expect } from 'chai';
import type { RoomEvent } from '../../src/event/types.ts';
import type { Room } from '../../src/room/room.ts';
import { MatrixWorld } from '../verify/matrix-world.ts';

const ANNA = '@anna:a.example';

describe('types and state keys with U+0000, which Matrix rooms allow', () => {
  for (const id of ['3', '11', '12']) {
    it(`version ${id}: are entries of their own, and none stands in for another`, () => {
      const world = new MatrixWorld(id);
      const [create, anna] = world.events as [RoomEvent, RoomEvent];
      const pairs: [string, string][] = [
        ['m.room.third_party_invite', 'token\u0000x'],
        ['m.room.third_party_invite\u0000token', 'x'],
        ['m.room.third_party_invite', 'token'],
        ['m.room.third_party_invite\u0000', 'token'],
        ['\u0000', ''],
        ['', '\u0000'],
      ];
      const made = pairs.map(([type, key], n) => world.put(ANNA, type, { n }, key, [create, anna]));
      const ask = <T>(question: Parameters<typeof world.rooms.ask<T>>[1]): T => world.rooms.ask(world.roomId, question);
      for (const [i, [type, key]] of pairs.entries()) {
        expect(ask((room: Room) => room.stateEvent(type, key))?.event_id, JSON.stringify([type, key])).to.equal(made[i]?.event_id);
      }
      expect(ask((room: Room) => room.stateEvent('m.room.third_party_invite\u0000token\u0000x', ''))).to.equal(null);
    });
  }
});
