import { BITS, effectivePermissions, membershipOf, type RoomEvent, serverOf, type StateView } from '@openguild/core';
import type { Rooms } from '../services/rooms.ts';

/** Members of a guild who live on this server. */
async function membersOn(rooms: Rooms, guildId: string, server: string): Promise<string[]> {
  const members = await rooms.ask(guildId, (room) => room.stateEvents('m.room.member'));
  return members.flatMap(({ state_key }: RoomEvent) => (state_key !== undefined && serverOf(state_key) === server ? [state_key] : []));
}

/** The local member of highest rank who may admit servers: in whose name a public room's host lets a new server in. */
export async function canAdmit(rooms: Rooms, guildId: string, server: string): Promise<string | undefined> {
  const candidates = await membersOn(rooms, guildId, server);
  return rooms.ask(guildId, (room) =>
    room.judgeBy((view) => {
      let best: { user: string; rank: number } | undefined;
      for (const user of candidates) {
        const { bits, rank } = effectivePermissions(view, user);
        if ((bits & BITS.ADMIT_SERVERS) !== 0n && rank > 0 && (best === undefined || rank > best.rank)) best = { user, rank };
      }
      return best?.user;
    }),
  );
}

/** May this member vouch for joins (FED-77)? */
export function mayVouch(view: StateView, user: string): boolean {
  return membershipOf(view, user) === 'join' && (effectivePermissions(view, user).bits & BITS.CREATE_INVITE) !== 0n;
}

/** Listed channels of a guild that at least one local member may view. */
export async function viewableChannels(rooms: Rooms, guildId: string, server: string): Promise<string[]> {
  const members = await membersOn(rooms, guildId, server);
  const listings = await rooms.ask(guildId, (room) => room.stateEvents('m.guild.channel'));
  const listed = listings.flatMap(({ state_key, content }) => (state_key === undefined || content['deleted'] === true ? [] : [state_key]));
  return rooms.ask(guildId, (room) =>
    room.judgeBy((view) =>
      listed.filter((channel) =>
        members.some(
          (user) => membershipOf(view, user) === 'join' && (effectivePermissions(view, user, channel).bits & BITS.VIEW_CHANNEL) !== 0n,
        ),
      ),
    ),
  );
}
