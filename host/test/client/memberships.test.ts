import type { RoomEvent } from '@openguild/core';
import { MemoryStore, type StreamRow } from '@openguild/storage';
import { expect } from 'chai';
import { Memberships } from '../../src/services/memberships.ts';
import type { Rooms } from '../../src/services/rooms.ts';

const SERVER = 'a.example';
const GUILD = '!guild:a.example';
const [BOB, MOD] = ['@bob:a.example', '@mod:b.example'];

const row = (position: number, sender: string, user: string, membership: string): StreamRow => {
  const event = { type: 'm.room.member', sender, state_key: user, content: { membership }, prev_events: ['$one'] };
  return { position, room_id: GUILD, stored: { event: event as unknown as RoomEvent } } as StreamRow;
};

describe('host: memberships', () => {
  it('follow the state when a kick voids what the kicked one did meanwhile', async () => {
    const state = new Map<string, string>();
    const rooms = {
      info: async () => ({ kind: 'guild', authority: GUILD }),
      judge: async (_guild: string, question: (view: unknown) => unknown) =>
        question({
          origin: { sender: '@olga:b.example' },
          get: (type: string, key: string) => {
            const membership = type === 'm.room.member' ? state.get(key) : undefined;
            return membership === undefined ? undefined : { type, state_key: key, content: { membership } };
          },
        }),
    } as unknown as Rooms;
    const store = new MemoryStore();
    const memberships = new Memberships(rooms, store.values, store.invites, SERVER);
    const now = (): unknown => memberships.of(BOB).get(GUILD);
    state.set(BOB, 'ban');
    await memberships.apply([row(1, MOD, BOB, 'ban')]);
    expect(now()).to.deep.equal({ membership: 'ban', since: 1 });
    // The owner kicks the moderator without knowing of the ban, which is void from then on.
    state.set(BOB, 'invite');
    await memberships.apply([row(2, '@olga:b.example', MOD, 'leave')]);
    expect(now()).to.deep.equal({ membership: 'invite', since: 2 });
  });
});
