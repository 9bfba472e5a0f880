import { checkCopy, type JsonValue, roomVersion } from '@openguild/core';
import type { Logger } from 'pino';
import { HostError } from '../http/errors.ts';
import type { Rooms } from '../services/rooms.ts';
import { MAX_PAGE } from './limits.ts';
import type { PeerClient } from './peer-client.ts';

export interface RoomLogOptions {
  readonly rooms: Rooms;
  readonly client: PeerClient;
  /** Most events taken in at once. */
  readonly maxEvents: number;
  readonly logger: Logger;
}

/**
 * FED-55, asking side: takes in a whole room from one server, from its create event on. Every event is verified as if it came alone; the server that sends
 * them is believed in nothing. Events that are here already cost little, so an interrupted run is simply begun anew. Throws HostError.
 */
export async function takeInRoom(
  options: RoomLogOptions,
  roomId: string,
  version: string,
  server: string,
): Promise<{ events: number; heads: readonly string[] }> {
  const known = roomVersion(version);
  if (known === undefined) throw new HostError('UNSUPPORTED_VERSION', `room version ${version} is unknown here`, { rule: 'FED-35' });
  let after: string | null = null;
  let events = 0;
  for (;;) {
    const query: Record<string, string> = { room_id: roomId, limit: String(MAX_PAGE), ...(after === null ? {} : { after }) };
    const page = await options.client.get(server, '/_federation/log', query);
    const list: readonly JsonValue[] = Array.isArray(page['events']) ? page['events'].slice(0, MAX_PAGE) : [];
    if (events === 0) {
      // The room ID is the create event's own hash, so nobody can begin another room under it.
      const create = checkCopy(list[0] ?? null, known);
      if (!create.ok || create.value.event.room_id !== roomId)
        throw new HostError('BAD_GATEWAY', `${server} did not send the create event`, { rule: 'FED-55' });
    }
    events += list.length;
    if (events > options.maxEvents)
      throw new HostError('BAD_GATEWAY', `the room has more than ${options.maxEvents} events`, { rule: 'FED-55' });
    for (const pdu of list) await takeIn(options, roomId, pdu, version, server);
    const { next, heads } = page;
    if (typeof next !== 'string' || next === after || list.length === 0) {
      return { events, heads: Array.isArray(heads) ? heads.filter((id): id is string => typeof id === 'string') : [] };
    }
    after = next;
  }
}

async function takeIn({ rooms, logger }: RoomLogOptions, roomId: string, pdu: JsonValue, version: string, server: string): Promise<void> {
  const received = await rooms.receive(roomId, pdu, { from: server, version });
  if (received.kind === 'dropped' || received.kind === 'parked')
    logger.info({ room: roomId, server, received }, 'event of a room log not taken in');
}
