import { checkCopy, type JsonObject, type MemoryRooms, type RoomVersion, type UnverifiedCopy } from '@openguild/core';
import type { Answer } from '../sim/server/here.ts';
import { Unreachable } from '../sim/environment/network.ts';

/** Pages of the past that one event may cost, and events of each. */
export const PAGES = 50;
const PAGE = 100;

/** Who sent an event did not give what it cites. */
export class MissingPastError extends Error {
  override readonly name = 'MissingPastError';
}

interface Asking {
  readonly version: RoomVersion;
  /** False if something is still missing. */
  readonly take: (copy: UnverifiedCopy) => boolean;
  readonly ask: (page: number) => Promise<Answer>;
}

/**
 * Asks the sender for the past of an event, page by page. The oldest comes first, so what was taken in stays, and however long a past is, trying again
 * gets to its end: a limit on what one event may bring would keep honest servers apart, where one took in just as much as it may and another needs one more.
 */
export async function withPast(copy: UnverifiedCopy, { version, take, ask }: Asking): Promise<void> {
  for (let page = 0; page < PAGES; page++) {
    const events = await answered(ask(page));
    for (const pdu of events) {
      const found = checkCopy(pdu, version);
      if (found.ok) take(found.value);
    }
    if (take(copy)) return;
    if (events.length === 0) break;
  }
  throw new MissingPastError(`${copy.event.event_id} lacks something`);
}

async function answered(answer: Promise<Answer>): Promise<readonly JsonObject[]> {
  try {
    const { events } = await answer;
    return Array.isArray(events) ? (events.slice(0, PAGE) as JsonObject[]) : [];
  } catch (error) {
    if (error instanceof Unreachable) return [];
    throw error;
  }
}

/** One page of what some events have in their past and others have not, as far as it is here. */
export function pageOfPast(rooms: MemoryRooms, roomId: string, body: Answer): JsonObject[] {
  const past = (ids: readonly string[], without: ReadonlySet<string>): Set<string> => {
    const found = new Set<string>();
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const event = rooms.stored(roomId, id)?.event;
      if (event === undefined || found.has(id) || without.has(id)) continue;
      found.add(id);
      open.push(...event.prev_events, ...event.auth_events);
    }
    return found;
  };
  const wanted = past(body['latest'] as string[], past(body['earliest'] as string[], new Set()));
  const start = (body['page'] as number) * PAGE;
  return [...rooms.events(roomId)]
    .filter(({ event }) => wanted.has(event.event_id))
    .slice(start, start + PAGE)
    .map(({ event }) => event.pdu);
}
