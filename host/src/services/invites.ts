import { base58encode, membershipOf, serverOf } from '@openguild/core';
import type { JsonObject, RoomEvent } from '@openguild/core';
import type { InviteCode, InviteStore, PendingInvite } from '@openguild/storage';
import type { Limits } from '../config/limits.ts';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import { hasBit } from './access.ts';
import type { Accounts } from './accounts.ts';
import type { EventStream } from './event-stream.ts';
import type { Admitter } from './roles.ts';
import type { Rooms, Sent } from './rooms.ts';
import { plainEvent } from './shown-event.ts';

/** How an invitation reaches another server. */
export interface RemoteInviter extends Admitter {
  /** `event`: the invitation as it is signed; `via`: servers that can let the person in. */
  invite(
    server: string,
    event: JsonObject,
    preview: JsonObject,
    room: { readonly room_version: string; readonly via: readonly string[] },
  ): Promise<void>;
}

export interface InviteServiceParts {
  readonly rooms: Rooms;
  readonly invites: InviteStore;
  readonly accounts: Accounts;
  readonly stream: EventStream;
  readonly remote: RemoteInviter;
  readonly platform: Platform;
  readonly serverName: string;
  readonly limits: Limits;
}

const CODE_BYTES = 12;

/** Inviting one person, and codes for whoever has them. */
export class Invites {
  readonly #parts: InviteServiceParts;

  constructor(parts: InviteServiceParts) {
    this.#parts = parts;
  }

  /** Invites one person. A server that the guild does not know yet is admitted first, in the inviter's name. */
  async invite(roomId: string, by: string, userId: string): Promise<Sent> {
    const { rooms, accounts, remote } = this.#parts;
    const local = accounts.isLocal(userId);
    if (local && !(await accounts.exists(userId))) throw new HostError('NOT_FOUND', `there is no ${userId} here`);
    const membership = await rooms.judge(roomId, (view) => membershipOf(view, userId));
    if (membership === 'join') throw new HostError('CONFLICT', `${userId} is a member already`);
    if (!local) await remote.admit(roomId, serverOf(userId), by, 0);
    const sent = await rooms.send(roomId, { type: 'm.room.member', sender: by, state_key: userId, content: { membership: 'invite' } });
    const preview = await this.#preview(roomId);
    if (local) await this.#keepPending(sent.event, preview);
    else await remote.invite(serverOf(userId), sent.event.pdu, preview, await this.#way(roomId));
    return sent;
  }

  /** Invitations that this person has neither taken nor refused. */
  async pending(userId: string): Promise<readonly PendingInvite[]> {
    return this.#parts.invites.pendingOf(userId);
  }

  /** Refuses an invitation. The guild hears of it if it is known here. */
  async refuse(userId: string, roomId: string): Promise<void> {
    const { rooms, invites } = this.#parts;
    const info = await rooms.info(roomId);
    const invited = info !== undefined && (await rooms.judge(roomId, (view) => membershipOf(view, userId) === 'invite'));
    const removed = await invites.removePending(userId, roomId);
    if (!invited && !removed) throw new HostError('NOT_FOUND', 'there is no such invitation');
    if (invited) await rooms.send(roomId, { type: 'm.room.member', sender: userId, state_key: userId, content: { membership: 'leave' } });
  }

  /** A code; whoever has it may join while its creator may invite. Checked here and now, since no event says that a code exists. */
  async createCode(
    guildId: string,
    by: string,
    wanted: { readonly max_uses?: number; readonly expires_in_ms?: number },
  ): Promise<InviteCode> {
    const { rooms, invites, platform, limits } = this.#parts;
    if (!(await rooms.judge(guildId, (view) => hasBit(view, by, 'CREATE_INVITE')))) {
      throw new HostError('FORBIDDEN', 'this needs the permission CREATE_INVITE');
    }
    const now = platform.now();
    const live = (await invites.codesOf(guildId)).filter((code) => isLive(code, now));
    if (live.length >= limits.invite_codes_per_guild)
      throw new HostError('CONFLICT', `the guild has ${live.length} codes in use, the most this host allows`);
    const code: InviteCode = {
      code: base58encode(platform.randomBytes(CODE_BYTES)),
      guild_id: guildId,
      creator: by,
      created_ts: now,
      expires_ts: wanted.expires_in_ms === undefined ? null : now + wanted.expires_in_ms,
      max_uses: wanted.max_uses ?? null,
      uses: 0,
      revoked: false,
    };
    await invites.addCode(code);
    return code;
  }

  /** The codes in use that this person may see: own ones, or all with MANAGE_GUILD. */
  async codes(guildId: string, userId: string): Promise<readonly InviteCode[]> {
    const all = await this.#parts.rooms.judge(guildId, (view) => hasBit(view, userId, 'MANAGE_GUILD'));
    const now = this.#parts.platform.now();
    return (await this.#parts.invites.codesOf(guildId)).filter((code) => isLive(code, now) && (all || code.creator === userId));
  }

  /** Ends a code: one's own, or anybody's with MANAGE_GUILD. To others it does not exist. */
  async revokeCode(guildId: string, by: string, code: string): Promise<void> {
    const bare = code.split('@', 1)[0] ?? '';
    const mine = (await this.codes(guildId, by)).some((one) => one.code === bare);
    if (!mine || !(await this.#parts.invites.revokeCode(bare))) throw new HostError('NOT_FOUND', 'there is no such code');
  }

  async #keepPending(event: RoomEvent, preview: JsonObject): Promise<void> {
    const { invites, platform, serverName, stream } = this.#parts;
    const userId = event.state_key ?? '';
    await invites.addPending({
      user_id: userId,
      room_id: event.room_id,
      inviter: event.sender,
      via: [serverName],
      event: event.pdu,
      preview,
      received_ts: platform.now(),
    });
    stream.wake(userId);
  }

  async #way(roomId: string): Promise<{ readonly room_version: string; readonly via: readonly string[] }> {
    const room_version = await this.#parts.rooms.ask(roomId, (room) => ({ needs: null, value: room.version.id }));
    return { room_version, via: [this.#parts.serverName] };
  }

  /** What the invited person is shown before joining. */
  async #preview(roomId: string): Promise<JsonObject> {
    const { rooms } = this.#parts;
    const meta = await rooms.ask(roomId, (room) => room.stateEvent('m.guild.meta', ''));
    const create = await rooms.judge(roomId, (view) => view.create);
    const name = meta?.content['name'];
    return {
      ...(typeof name === 'string' ? { name } : {}),
      ...(create === undefined ? {} : { owner: create.sender, create: plainEvent(create) }),
    };
  }
}

function isLive(code: InviteCode, now: number): boolean {
  return !code.revoked && (code.expires_ts === null || code.expires_ts > now) && (code.max_uses === null || code.uses < code.max_uses);
}
