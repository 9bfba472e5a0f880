import { type JsonValue, type RoomEvent, roomVersion, type RoomSnapshot, serverOf, type StoredEvent, utf8Compare } from '@openguild/core';
import type { RoomStore } from '@openguild/storage';
import type { Here } from './here.ts';
import { Refused, Unreachable } from '../environment/network.ts';

export const PAGE = 100;
const ROUNDS = 10;
/** FED-37, milliseconds. */
const NOT_AGAIN = 5_000;
const SERVERS = 4;

type Raw = RoomEvent & { readonly raw: JsonValue };

/** Events of a room and of their past that one server has and this one lacks, causal order, unverified (FED-53, asking side). */
export async function collect(here: Here, room: RoomSnapshot, wanted: readonly string[], server: string, rounds: number): Promise<Raw[]> {
  const version = roomVersion(room.room_version);
  if (version === undefined) return [];
  const found = new Map<string, Raw>();
  let lacking = await unknown(here.store.rooms, room.room_id, wanted, found);
  for (let round = 0; round < rounds && lacking.length > 0; round++) {
    const fresh: string[] = [];
    for (const raw of await page(here, room, lacking, server)) {
      const copy = here.reader.read(raw, version);
      if (!copy.ok || copy.value.event.room_id !== room.room_id || found.has(copy.value.event.event_id)) continue;
      found.set(copy.value.event.event_id, { ...copy.value.event, raw });
      fresh.push(...copy.value.event.prev_events);
    }
    if (fresh.length === 0 && lacking.every((id) => !found.has(id))) break;
    lacking = await unknown(here.store.rooms, room.room_id, [...lacking, ...fresh], found);
  }
  return causally(found, wanted);
}

/** FED-37: the sender first, then the room's first server, then others with members. What nobody had is not asked for again for a while. */
export class Fetcher {
  readonly #here: Here;
  readonly #refused = new Map<string, number>();

  constructor(here: Here) {
    this.#here = here;
  }

  async fetch(roomId: string, ids: readonly string[], from: string | null): Promise<JsonValue[]> {
    const { store, time } = this.#here;
    const room = await store.rooms.open(roomId);
    if (room === undefined) return [];
    let wanted = ids.filter((id) => (this.#refused.get(id) ?? 0) <= time());
    const events = new Map<string, JsonValue>();
    for (const server of await this.#servers(room, from)) {
      if (wanted.length === 0) break;
      for (const { event_id, raw } of await collect(this.#here, room, wanted, server, ROUNDS)) events.set(event_id, raw);
      wanted = wanted.filter((id) => !events.has(id));
    }
    for (const id of wanted) this.#refused.set(id, time() + NOT_AGAIN);
    return [...events.values()];
  }

  async #servers(room: RoomSnapshot, from: string | null): Promise<string[]> {
    const { store, name } = this.#here;
    const servers = new Set<string>(from === null ? [] : [from]).add(serverOf(room.room_id));
    const governor = room.guild_id === null ? room : await store.rooms.open(room.guild_id);
    for (const head of governor?.extremities ?? []) {
      if (servers.size > SERVERS) break;
      for (const [type, stateKey] of (await store.rooms.stateAfter(governor?.room_id ?? '', head)) ?? [])
        if (type === 'm.room.member') servers.add(serverOf(stateKey));
    }
    servers.delete(name);
    return [...servers].slice(0, SERVERS);
  }
}

/** FED-53, answering side: backwards from `latest`, not through `earliest`, those of greatest depth. */
export async function walkBack(
  store: RoomStore,
  roomId: string,
  latest: readonly string[],
  earliest: readonly string[],
  limit: number,
): Promise<StoredEvent[]> {
  const stop = new Set(earliest);
  const seen = new Map<string, StoredEvent>();
  let level = latest.filter((id) => !stop.has(id));
  while (level.length > 0) {
    const next = new Set<string>();
    for (const stored of await store.events(roomId, level)) {
      if (seen.has(stored.event.event_id)) continue;
      seen.set(stored.event.event_id, stored);
      for (const id of stored.event.prev_events) if (!stop.has(id) && !seen.has(id)) next.add(id);
    }
    level = [...next];
  }
  const ordered = [...seen.values()].sort((a, b) => a.depth - b.depth || utf8Compare(a.event.event_id, b.event.event_id));
  return ordered.slice(-limit);
}

async function page(here: Here, room: RoomSnapshot, latest: readonly string[], server: string): Promise<readonly JsonValue[]> {
  try {
    const body = { room_id: room.room_id, latest: latest.slice(0, PAGE), earliest: room.extremities.slice(0, PAGE), limit: PAGE };
    const { events } = await here.request(server, { kind: 'missing', body });
    return Array.isArray(events) ? events.slice(0, PAGE) : [];
  } catch (error) {
    if (error instanceof Unreachable || error instanceof Refused) return [];
    throw error;
  }
}

async function unknown(store: RoomStore, roomId: string, ids: readonly string[], found: ReadonlyMap<string, unknown>): Promise<string[]> {
  const candidates = [...new Set(ids)].filter((id) => !found.has(id));
  const known = new Set((await store.events(roomId, candidates)).map((stored) => stored.event.event_id));
  return candidates.filter((id) => !known.has(id));
}

function causally(found: ReadonlyMap<string, Raw>, wanted: readonly string[]): Raw[] {
  const ordered: Raw[] = [];
  const seen = new Set<string>();
  const stack = [...wanted].reverse().map((id) => ({ id, leaving: false }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const event = found.get(top.id);
    if (event === undefined) continue;
    if (top.leaving) ordered.push(event);
    else if (!seen.has(top.id)) {
      seen.add(top.id);
      stack.push({ id: top.id, leaving: true }, ...event.prev_events.map((id) => ({ id, leaving: false })));
    }
  }
  return ordered;
}
