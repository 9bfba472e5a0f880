import {
  addSignature,
  base64decode,
  type EventDraft,
  type JsonObject,
  membershipOf,
  publicKeyOf,
  type RoomEvent,
  nativeVersion,
} from '@openguild/core';
import type { Logger } from 'pino';
import { HostError } from '../http/errors.ts';
import type { Rooms } from '../services/rooms.ts';
import type { ServerIdentity } from '../services/server-keys.ts';
import type { ChannelCatchUp } from './channel-catch-up.ts';
import { PeerUnreachableError } from './guarded-fetch.ts';
import type { Outgoing } from './outgoing.ts';
import { type PeerClient, PeerRefusedError } from './peer-client.ts';
import { type RoomLogOptions, takeInRoom } from './room-log.ts';

export interface JoinWish {
  /** Absent: the room that the code opens. */
  readonly roomId?: string;
  /** A local user. */
  readonly userId: string;
  /** Servers that may let the user in, best first. */
  readonly via: readonly string[];
  /** An invite code of the first of these servers, without its `@server`. */
  readonly code?: string;
}

export interface JoinerOptions {
  readonly identity: ServerIdentity;
  readonly rooms: Rooms;
  readonly client: PeerClient;
  readonly outgoing: Outgoing;
  readonly channels: ChannelCatchUp;
  readonly log: RoomLogOptions;
  readonly logger: Logger;
}

interface Door {
  readonly room_version: string;
  readonly vouchedBy: string | undefined;
  readonly cosigner: string | undefined;
}

/**
 * The joining side of the handshake: ask to be let in, take in the whole history and verify it from the create event on, make the join on top of that, send it, then
 * take in the channels that the new member may view. No step relies on what the other server says about the room.
 */
export class Joiner {
  readonly #options: JoinerOptions;

  constructor(options: JoinerOptions) {
    this.#options = options;
  }

  /** The user's own join event, accepted here and under way to the others. Tries each server in turn; throws the last one's HostError. */
  async join(wish: JoinWish): Promise<{ readonly event: RoomEvent }> {
    const { identity, logger } = this.#options;
    let last: HostError = new HostError('BAD_REQUEST', 'no server is named that could let you in');
    for (const server of wish.via.filter((name) => name !== identity.serverName)) {
      try {
        return await this.#joinVia(server, wish);
      } catch (error) {
        last = asHostError(server, error);
        logger.info({ server, room: wish.roomId, user: wish.userId, code: last.code, rule: last.rule, error: last.message }, 'join failed');
      }
    }
    throw last;
  }

  async #joinVia(server: string, wish: JoinWish): Promise<{ event: RoomEvent }> {
    const { log, outgoing, channels, logger } = this.#options;
    const roomId = wish.roomId ?? (await this.#roomOfCode(server, wish.code));
    const door = await this.#knock(server, roomId, wish);
    await takeInRoom(log, roomId, door.room_version, server);
    const present = await this.#presentJoin(roomId, wish.userId);
    if (present !== undefined) return { event: present };
    const draft: EventDraft = {
      type: 'm.room.member',
      sender: wish.userId,
      state_key: wish.userId,
      content: {
        membership: 'join',
        root: this.#options.identity.root.key_id,
        ...(door.vouchedBy === undefined ? {} : { join_authorised_via: door.vouchedBy }),
      },
    };
    const event =
      door.cosigner === undefined
        ? (await this.#options.rooms.send(roomId, draft)).event
        : await this.#cosignedJoin(server, roomId, draft, door, wish.code ?? '');
    // The others show a room's channels only to servers with members, so they must have the join first.
    if (!(await outgoing.flush(server))) logger.info({ server, room: roomId }, 'join not delivered yet');
    await channels.now(roomId, server);
    return { event };
  }

  /** The join of somebody who is a member already: a second one would begin a new stay, and end all that was granted for this one. */
  #presentJoin(roomId: string, userId: string): Promise<RoomEvent | undefined> {
    return this.#options.rooms.judge(roomId, (view) =>
      membershipOf(view, userId) === 'join' ? view.get('m.room.member', userId) : undefined,
    );
  }

  async #roomOfCode(server: string, code: string | undefined): Promise<string> {
    if (code === undefined) throw new HostError('BAD_REQUEST', 'neither a room nor a code is named');
    const { room_id } = await this.#options.client.post(server, '/_federation/code', { code });
    if (typeof room_id !== 'string') throw new HostError('BAD_GATEWAY', `${server} named no room`, { rule: 'FED-78' });
    return room_id;
  }

  async #knock(server: string, roomId: string, wish: JoinWish): Promise<Door> {
    const { identity, client } = this.#options;
    const body: JsonObject = {
      room_id: roomId,
      user_id: wish.userId,
      ...(wish.code === undefined ? {} : { code: wish.code }),
      root: identity.root.key_id,
      keys: [...identity.keys],
      proof: identity.proofFor(roomId),
    };
    const { room_version, join_authorised_via, cosigner } = await client.post(server, '/_federation/join_request', body);
    if (typeof room_version !== 'string') throw new HostError('BAD_GATEWAY', `${server} named no room version`, { rule: 'FED-74' });
    if (nativeVersion(room_version) === undefined)
      throw new HostError('UNSUPPORTED_VERSION', `room version ${room_version} is unknown here`, { rule: 'FED-35' });
    const vouchedBy = typeof join_authorised_via === 'string' ? join_authorised_via : undefined;
    const named = typeof cosigner === 'string' && publicKeyOf(cosigner) !== undefined ? cosigner : undefined;
    return { room_version, vouchedBy, cosigner: vouchedBy === undefined ? undefined : named };
  }

  /** FED-77, asking side: our join, with a place for the signature of the server that vouches; its signature counts only if the event then passes every check here. */
  async #cosignedJoin(server: string, roomId: string, draft: EventDraft, door: Door, code: string): Promise<RoomEvent> {
    const { rooms, client } = this.#options;
    const cosigner = door.cosigner ?? '';
    const made = await rooms.makeCosigned(roomId, draft, cosigner);
    if (made.outcome.kind === 'refused') throw new HostError('FORBIDDEN', made.outcome.fault.detail, { rule: made.outcome.fault.rule });
    const { signature } = await client.post(server, '/_federation/cosign', { code, event: made.event.pdu });
    const bytes = typeof signature === 'string' ? base64decode(signature) : undefined;
    if (bytes === undefined || bytes.length !== 64) throw new HostError('BAD_GATEWAY', `${server} sent no signature`, { rule: 'FED-77' });
    const event = addSignature(made.event, server, cosigner, bytes);
    const received = await rooms.receiveOwn(roomId, event.pdu);
    if (received.kind === 'parked' || received.kind === 'known')
      throw new HostError('BAD_GATEWAY', 'the join could not be entered', { rule: 'FED-77' });
    if (received.kind !== 'accepted') throw new HostError('FORBIDDEN', received.fault.detail, { rule: received.fault.rule });
    return event;
  }
}

/** Codes of another server's refusal that mean the same to our own client. */
const PASSED_ON = new Set(['NOT_ADMITTED', 'FORBIDDEN', 'UNSUPPORTED_VERSION', 'LIMITED', 'CONFLICT', 'NOT_FOUND'] as const);
type PassedOn = typeof PASSED_ON extends Set<infer Code> ? Code : never;

function asHostError(server: string, error: unknown): HostError {
  if (error instanceof HostError) return error;
  if (error instanceof PeerUnreachableError) return new HostError('BAD_GATEWAY', `${server} cannot be reached`, { cause: error });
  if (!(error instanceof PeerRefusedError)) throw error;
  const code = (PASSED_ON as ReadonlySet<string>).has(error.code) ? (error.code as PassedOn) : 'BAD_GATEWAY';
  return new HostError(code, error.message, { ...(error.rule === undefined ? {} : { rule: error.rule }), cause: error });
}
