import { isUserId, membershipOf, serverOf, type JsonObject, type RoomSnapshot } from '@openguild/core';
import type { InviteCode, Store } from '@openguild/storage';
import { HostError } from '../../http/errors.ts';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import type { Rooms } from '../../services/rooms.ts';
import type { ServerIdentity } from '../../services/server-keys.ts';
import { notAdmitted } from '../access.ts';
import type { Admissions } from '../admission.ts';
import { canAdmit } from '../local-members.ts';

const MAX_BODY_BYTES = 16_384;

interface JoinRequestBody {
  readonly room_id: string;
  readonly user_id: string;
  readonly code?: string;
  readonly root: string;
  readonly keys: readonly string[];
  readonly proof: string;
}

export interface JoinRequestOptions {
  readonly identity: ServerIdentity;
  readonly store: Store;
  readonly rooms: Rooms;
  readonly admissions: Admissions;
  readonly now: () => number;
}

/** Who lets a user in: in whose name the user's server is admitted, and who vouches for the join, if it needs that. */
interface Entitlement {
  readonly actingUser: string;
  readonly vouchedBy: string | undefined;
}

/** Users of a server that is let in by an invitation count for nothing more than members, until somebody lifts the ceiling. */
const FIRST_CEILING = 0;

/**
 * FED-74: `POST /_federation/join_request`: a server asks for what it needs so that its user can join: admission to the room, where the history ends, and who
 * vouches. It gets no join template: the join is its own, made on the history it has verified. Whoever has no way in gets the same answer as for a room that
 * does not exist.
 */
export function joinRequestRoute(options: JoinRequestOptions): ServerRoute {
  return serverRoute<JoinRequestBody>({
    method: 'POST',
    path: '/_federation/join_request',
    rate: 'federation',
    maxBodyBytes: MAX_BODY_BYTES,
    schema: 'federation-join-request',
    handle: async ({ origin, body }) => {
      if (!isUserId(body.user_id) || serverOf(body.user_id) !== origin) {
        throw new HostError('BAD_REQUEST', 'user_id is not a user of the server that signed the request', { rule: 'FED-74' });
      }
      const room = await options.store.rooms.open(body.room_id);
      if (room === undefined || room.kind === 'channel') throw notAdmitted();
      const entitlement = await entitled(room, body, options);
      if (entitlement === undefined) throw notAdmitted();
      const { root, keys, proof } = body;
      await admit(room.room_id, origin, entitlement.actingUser, { root, keys, proof }, options.admissions);
      return { body: await answer(room.room_id, entitlement, options) };
    },
  });
}

/** FED-75: a code that is named decides alone; else the user is invited or joined, or the room is public. */
async function entitled(room: RoomSnapshot, body: JoinRequestBody, options: JoinRequestOptions): Promise<Entitlement | undefined> {
  const { rooms, store, identity, now } = options;
  const membership = await rooms.ask(room.room_id, (each) => each.judgeBy((view) => membershipOf(view, body.user_id)));
  if (membership === 'ban') return undefined;
  if (body.code !== undefined) {
    const code = await store.invites.findCode(body.code);
    return code !== undefined && usable(code, room.room_id, now()) ? { actingUser: code.creator, vouchedBy: code.creator } : undefined;
  }
  if (membership === 'invite' || membership === 'join') {
    const member = await rooms.ask(room.room_id, (each) => each.stateEvent('m.room.member', body.user_id));
    const inviter =
      membership === 'invite' && member !== null && serverOf(member.sender) === identity.serverName ? member.sender : undefined;
    return { actingUser: inviter ?? (await canAdmit(rooms, room.room_id, identity.serverName)) ?? '', vouchedBy: undefined };
  }
  const joinRules = await rooms.ask(room.room_id, (each) => each.stateEvent('m.room.join_rules', ''));
  if (joinRules?.content['join_rule'] !== 'public') return undefined;
  return { actingUser: (await canAdmit(rooms, room.room_id, identity.serverName)) ?? '', vouchedBy: undefined };
}

/** Would this code let somebody in now? Counted only when the join is signed (`cosign`). */
export function usable(code: InviteCode, roomId: string, now: number): boolean {
  if (code.guild_id !== roomId || code.revoked) return false;
  if (code.expires_ts !== null && code.expires_ts <= now) return false;
  return code.max_uses === null || code.uses < code.max_uses;
}

/** FED-76: a server that is admitted under these keys already stays as it is; under another root it is refused; else it is admitted with ceiling 0. */
async function admit(
  roomId: string,
  server: string,
  actingUser: string,
  offer: { root: string; keys: readonly string[]; proof: string },
  admissions: Admissions,
): Promise<void> {
  const now = await admissions.current(roomId, server);
  if (now === 'creator') return;
  if (now !== null) {
    if (now.content['root'] === offer.root) return;
    throw new HostError('FORBIDDEN', 'your server is admitted under another root; somebody has to admit the new one', { rule: 'FED-76' });
  }
  if (actingUser === '') throw new HostError('FORBIDDEN', 'nobody here may admit your server', { rule: 'FED-76' });
  await admissions.ensure(roomId, server, actingUser, FIRST_CEILING, offer);
}

async function answer(roomId: string, entitlement: Entitlement, options: JoinRequestOptions): Promise<JsonObject> {
  const room = await options.store.rooms.open(roomId);
  if (room === undefined) throw notAdmitted();
  return {
    heads: [...room.extremities],
    room_version: room.room_version,
    ...(entitlement.vouchedBy === undefined ? {} : { join_authorised_via: entitlement.vouchedBy, cosigner: options.identity.daily.key_id }),
  };
}
