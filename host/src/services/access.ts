import { BITS, effectivePermissions, isListed, membershipOf } from '@openguild/core';
import type { PermissionName, StateView } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import type { RoomInfo, Rooms } from './rooms.ts';

/** Who may see a room, judged by the present state each time it is asked. */
export class Access {
  readonly #rooms: Rooms;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** A guild or plain room: joined. A channel: joined in its guild, the channel listed, and VIEW_CHANNEL there. */
  async mayView(roomId: string, userId: string): Promise<boolean> {
    const info = await this.#rooms.info(roomId);
    return info !== undefined && this.#rooms.judge(info.authority, (view) => viewAllows(view, roomId, info, userId));
  }

  /** What is unknown here and what one may not see look the same: NOT_FOUND. */
  async requireView(roomId: string, userId: string): Promise<RoomInfo> {
    const info = await this.#rooms.info(roomId);
    if (info === undefined || !(await this.mayView(roomId, userId)))
      throw new HostError('NOT_FOUND', 'there is no such room, or it is not for you');
    return info;
  }

  async requireGuild(guildId: string, userId: string): Promise<void> {
    const info = await this.requireView(guildId, userId);
    if (info.kind !== 'guild') throw new HostError('BAD_REQUEST', 'the room is not a guild');
  }

  async requireChannel(channelId: string, userId: string): Promise<RoomInfo> {
    const info = await this.requireView(channelId, userId);
    if (info.kind !== 'channel') throw new HostError('BAD_REQUEST', 'the room is not a channel');
    return info;
  }

  /** For what the host itself decides, without an event that the rules would judge. FORBIDDEN without the bit. */
  async requireBit(guildId: string, userId: string, bit: PermissionName, channelId?: string): Promise<void> {
    const has = await this.#rooms.judge(guildId, (view) => hasBit(view, userId, bit, channelId));
    if (!has) throw new HostError('FORBIDDEN', `this needs the permission ${bit}`);
  }
}

export function hasBit(view: StateView, userId: string, bit: PermissionName, channelId?: string): boolean {
  return membershipOf(view, userId) === 'join' && (effectivePermissions(view, userId, channelId).bits & BITS[bit]) !== 0n;
}

export function viewAllows(view: StateView, roomId: string, info: RoomInfo, userId: string): boolean {
  if (info.kind !== 'channel') return membershipOf(view, userId) === 'join';
  return isListed(view, roomId) && hasBit(view, userId, 'VIEW_CHANNEL', roomId);
}
