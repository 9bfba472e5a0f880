import { isServerName, membershipOf, serverOf } from '@openguild/core';
import type { RoomEvent } from '@openguild/core';
import type { InviteStore } from '@openguild/storage';
import { HostError } from '../http/errors.ts';
import { hasBit } from './access.ts';
import type { Rooms, SendOptions, Sent } from './rooms.ts';
import type { ServerIdentity } from './server-keys.ts';

/** Joining by way of another server: the whole handshake. Afterwards the user is a member. Without `roomId`: the room that the code opens. */
export interface RemoteJoiner {
  join(wish: {
    readonly roomId?: string;
    readonly userId: string;
    readonly via: readonly string[];
    readonly code?: string;
  }): Promise<{ readonly event: RoomEvent }>;
}

export interface JoinParts {
  readonly rooms: Rooms;
  readonly invites: InviteStore;
  readonly identity: ServerIdentity;
  readonly remote: RemoteJoiner;
}

/** How a local person becomes a member. */
export class Joins {
  readonly #parts: JoinParts;

  constructor(parts: JoinParts) {
    this.#parts = parts;
  }

  /** `<code>@<server>`. NOT_FOUND for a code that is unknown, used up, expired or revoked. */
  async byCode(userId: string, invite: string): Promise<string> {
    const at = invite.indexOf('@');
    const [code, server] = [invite.slice(0, at), invite.slice(at + 1)];
    if (!isServerName(server)) throw new HostError('BAD_REQUEST', '/invite does not name a server');
    if (server === this.#parts.identity.serverName) return this.#byOwnCode(userId, code);
    const { event } = await this.#parts.remote.join({ userId, via: [server], code });
    return event.room_id;
  }

  /** By an invitation, or because the guild is public; `via` names servers that can help if this host has no member there yet. */
  async byId(userId: string, roomId: string, via: readonly string[]): Promise<string> {
    const { rooms, invites, identity, remote } = this.#parts;
    if (await this.#isMember(roomId, userId)) return roomId;
    const info = await rooms.info(roomId);
    if (info?.kind === 'channel') throw new HostError('BAD_REQUEST', 'people join guilds; a channel has no members of its own');
    const pending = (await invites.pendingOf(userId)).find((one) => one.room_id === roomId);
    const takesPart = info !== undefined && (await rooms.ask(roomId, (room) => room.servers())).includes(identity.serverName);
    if (takesPart && !(await this.#onlyByThisInvite(roomId, userId, pending !== undefined))) {
      await this.#join(roomId, userId, {});
    } else {
      const servers = [...new Set([...via, ...(pending?.via ?? []), serverOf(roomId)])].filter((server) => server !== identity.serverName);
      if (servers.length === 0) throw new HostError('NOT_FOUND', 'there is no such room here, and no server is named that may know it');
      await remote.join({ roomId, userId, via: servers });
    }
    await invites.removePending(userId, roomId);
    return roomId;
  }

  async #byOwnCode(userId: string, code: string): Promise<string> {
    const { rooms, invites } = this.#parts;
    const found = await invites.findCode(code);
    const unknown = new HostError('NOT_FOUND', 'the code is unknown or not valid any more');
    if (found === undefined) throw unknown;
    const guildId = found.guild_id;
    if (await this.#isMember(guildId, userId)) return guildId;
    const judged = await rooms.judge(guildId, (view) => ({
      banned: membershipOf(view, userId) === 'ban',
      vouched: hasBit(view, found.creator, 'CREATE_INVITE'),
    }));
    if (judged.banned) throw new HostError('FORBIDDEN', 'this person is banned from the guild');
    // A code is worth no more than its creator may still do.
    if (!judged.vouched) throw unknown;
    // A vouched join is signed twice: as the joining person's server, and as the voucher's. Here both are this server, with different keys.
    await this.#join(
      guildId,
      userId,
      { join_authorised_via: found.creator },
      { extraSigners: [this.#parts.identity.root], useInvite: code },
    );
    await invites.removePending(userId, guildId);
    return guildId;
  }

  /** Invited by a server that shares the guild, but the invitation has not come through the guild yet: the handshake fetches it. */
  async #onlyByThisInvite(roomId: string, userId: string, pending: boolean): Promise<boolean> {
    return pending && (await this.#parts.rooms.judge(roomId, (view) => membershipOf(view, userId) !== 'invite'));
  }

  async #join(guildId: string, userId: string, more: Record<string, string>, options: SendOptions = {}): Promise<Sent> {
    const { rooms, identity } = this.#parts;
    const content = { membership: 'join', root: identity.root.key_id, ...more };
    const draft = { type: 'm.room.member', sender: userId, state_key: userId, content };
    return rooms.send(guildId, draft, options);
  }

  async #isMember(roomId: string, userId: string): Promise<boolean> {
    const info = await this.#parts.rooms.info(roomId);
    return (
      info !== undefined && info.kind !== 'channel' && this.#parts.rooms.judge(roomId, (view) => membershipOf(view, userId) === 'join')
    );
  }
}
