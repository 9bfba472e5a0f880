import { checkCopy, isEventId, type JsonObject, type JsonValue, type RoomEvent, roomVersion, type RoomSnapshot } from '@openguild/core';
import type { RoomStore } from '@openguild/storage';
import { PeerUnreachableError } from './guarded-fetch.ts';
import { MAX_PAGE } from './limits.ts';
import { type PeerClient, PeerRefusedError } from './peer-client.ts';

export interface Collected {
  /** Events of the room that are not stored here, causal order: what an event cites comes before it. Unverified. */
  readonly events: readonly { readonly event_id: string; readonly pdu: JsonValue }[];
  /** What is still lacking: the server does not have it, or the rounds are used up. */
  readonly missing: readonly string[];
}

/**
 * FED-53, asking side: events of a room, and of their past what this host lacks, from one server. Works backwards, page by page, so that everything can then
 * be received in causal order. Bounded by `rounds` pages; what the server sends beside what it was asked for is not kept.
 */
export async function collectMissing(
  from: { readonly client: PeerClient; readonly store: RoomStore },
  room: RoomSnapshot,
  wanted: readonly string[],
  server: string,
  rounds: number,
): Promise<Collected> {
  const version = roomVersion(room.room_version);
  if (version === undefined) throw new Error(`stored room of unknown version ${room.room_version}`);
  const found = new Map<string, RoomEvent & { readonly raw: JsonValue }>();
  let lacking = await unknown(from.store, room.room_id, wanted.filter(isEventId), found);
  for (let round = 0; round < rounds && lacking.length > 0; round += 1) {
    const page = await ask(from.client, server, room, lacking);
    const fresh: string[] = [];
    for (const raw of page) {
      const copy = checkCopy(raw, version);
      if (!copy.ok || copy.value.event.room_id !== room.room_id || found.has(copy.value.event.event_id)) continue;
      found.set(copy.value.event.event_id, { ...copy.value.event, raw });
      fresh.push(...copy.value.event.prev_events);
    }
    if (fresh.length === 0 && lacking.every((id) => !found.has(id))) break;
    lacking = await unknown(from.store, room.room_id, [...lacking, ...fresh], found);
  }
  return { events: causally(found, wanted), missing: lacking };
}

async function ask(client: PeerClient, server: string, room: RoomSnapshot, latest: readonly string[]): Promise<readonly JsonValue[]> {
  try {
    const body: JsonObject = {
      room_id: room.room_id,
      latest: latest.slice(0, MAX_PAGE),
      earliest: room.extremities.slice(0, MAX_PAGE),
      limit: MAX_PAGE,
    };
    const { events } = await client.post(server, '/_federation/missing_events', body);
    return Array.isArray(events) ? events.slice(0, MAX_PAGE) : [];
  } catch (error) {
    if (error instanceof PeerUnreachableError || error instanceof PeerRefusedError) return [];
    throw error;
  }
}

async function unknown(store: RoomStore, roomId: string, ids: readonly string[], found: ReadonlyMap<string, unknown>): Promise<string[]> {
  const candidates = [...new Set(ids)].filter((id) => !found.has(id));
  if (candidates.length === 0) return [];
  const known = new Set((await store.events(roomId, candidates)).map((stored) => stored.event.event_id));
  return candidates.filter((id) => !known.has(id));
}

/** Post-order walk from what was wanted, without recursion: chains may be long. What nothing wanted leads to is left out. */
function causally(
  found: ReadonlyMap<string, RoomEvent & { readonly raw: JsonValue }>,
  wanted: readonly string[],
): { event_id: string; pdu: JsonValue }[] {
  const ordered: { event_id: string; pdu: JsonValue }[] = [];
  const seen = new Set<string>();
  const stack = [...wanted].reverse().map((id) => ({ id, leaving: false }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const event = found.get(top.id);
    if (event === undefined) continue;
    if (top.leaving) {
      ordered.push({ event_id: event.event_id, pdu: event.raw });
    } else if (!seen.has(top.id)) {
      seen.add(top.id);
      stack.push({ id: top.id, leaving: true }, ...event.prev_events.map((id) => ({ id, leaving: false })));
    }
  }
  return ordered;
}
