import type { Ask, JsonValue, Room, RoomSnapshot } from '@openguild/core';
import { collect } from './fetch.ts';
import type { Answer, Here } from './here.ts';
import type { Merger } from './merger.ts';
import { Refused, Unreachable } from '../environment/network.ts';

interface Heads {
  readonly heads: readonly string[];
  readonly state_hash: string;
}

const MAX_USELESS = 20;
const PAGES = 50;

/** FED-60 to FED-63: tells other servers where rooms end here, fetches what they have more, and sees whether equal histories gave equal states. */
export class HeadsExchange {
  readonly #here: Here;
  readonly #merger: Merger;
  readonly #onHeads: (server: string, roomId: string, heads: readonly string[]) => Promise<void>;
  readonly #touched = new Set<string>();
  readonly #returned = new Set<string>();
  readonly #comparing = new Set<string>();
  #scheduled = false;

  /** `onHeads` hears where a room ends on another server, once all that is there was asked for. */
  constructor(here: Here, merger: Merger, onHeads: (server: string, roomId: string, heads: readonly string[]) => Promise<void>) {
    this.#onHeads = onHeads;
    this.#here = here;
    this.#merger = merger;
  }

  async start(): Promise<void> {
    for (const room of await this.#here.store.rooms.list()) this.touch(room.room_id);
  }

  touch(roomId: string): void {
    this.#touched.add(roomId);
    this.#schedule();
  }

  returned(server: string): void {
    this.#returned.add(server);
    this.#schedule();
  }

  async answer(server: string, theirs: Answer): Promise<Answer> {
    const ours: Record<string, JsonValue> = {};
    for (const [roomId, value] of Object.entries(theirs)) {
      const room = await this.#here.store.rooms.open(roomId);
      const heads = room && (await this.#headsFor(server, roomId));
      if (heads === undefined) continue;
      ours[roomId] = heads as unknown as JsonValue;
      const key = `${server} ${roomId}`;
      if (this.#comparing.has(key)) continue;
      this.#comparing.add(key);
      this.#here.timer(0, async () => {
        try {
          await this.#compare(server, roomId, read(value));
        } finally {
          this.#comparing.delete(key);
        }
      });
    }
    return ours;
  }

  /** All rooms, or these, with one server. */
  async with(server: string, roomIds?: readonly string[]): Promise<void> {
    const ours: Record<string, JsonValue> = {};
    for (const roomId of roomIds ?? (await this.#here.store.rooms.list()).map((room) => room.room_id)) {
      const heads = await this.#headsFor(server, roomId);
      if (heads !== undefined) ours[roomId] = heads as unknown as JsonValue;
    }
    if (Object.keys(ours).length === 0) return;
    try {
      const { rooms } = await this.#here.request(server, { kind: 'heads', body: { rooms: ours } });
      if (typeof rooms !== 'object' || rooms === null || Array.isArray(rooms)) return;
      for (const [roomId, value] of Object.entries(rooms))
        if (Object.hasOwn(ours, roomId)) await this.#compare(server, roomId, read(value));
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      // What was not compared is compared when the server answers again; the queue finds out, or the next activity does.
      if (error instanceof Unreachable) this.#here.timer(this.#here.times.retryMax, () => this.returned(server));
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#here.timer(this.#here.times.headsAfter, async () => {
      this.#scheduled = false;
      const servers = [...this.#returned];
      this.#returned.clear();
      const rooms = [...this.#touched];
      this.#touched.clear();
      const shared = new Map<string, string[]>();
      for (const roomId of rooms)
        for (const server of await this.#here.runner.ask(roomId, (room) => room.servers()))
          if (server !== this.#here.name && !servers.includes(server)) shared.set(server, [...(shared.get(server) ?? []), roomId]);
      await Promise.all([...servers.map((server) => this.with(server)), ...[...shared].map(([server, ids]) => this.with(server, ids))]);
    });
  }

  async #compare(server: string, roomId: string, theirs: Heads): Promise<void> {
    const room = await this.#here.store.rooms.open(roomId);
    if (room === undefined) return;
    await this.#fetch(server, room, theirs.heads);
    await this.#onHeads(server, roomId, theirs.heads);
    const ours = await this.#headsOf(roomId);
    if (ours.heads.length === theirs.heads.length && ours.heads.every((id) => theirs.heads.includes(id))) {
      this.#merger.inStep(roomId, server);
      if (ours.state_hash !== theirs.state_hash)
        this.#here.ledger.divergences.push({ by: this.#here.name, with: server, room_id: roomId, heads: ours.heads });
      return;
    }
    await this.#merger.lacking(
      roomId,
      server,
      ours.heads.filter((id) => !theirs.heads.includes(id)),
    );
  }

  async #fetch(server: string, room: RoomSnapshot, heads: readonly string[]): Promise<void> {
    let useless = 0;
    for (const { raw } of await collect(this.#here, room, heads, server, PAGES)) {
      this.#here.ledger.handled += 1;
      const { kind } = await this.#here.runner.receive(room.room_id, raw, { from: server });
      if (kind === 'dropped' || kind === 'parked') useless += 1;
      if (useless > MAX_USELESS) break;
    }
  }

  #headsOf(roomId: string): Promise<Heads> {
    return this.#here.runner.ask(roomId, headsOf);
  }

  /** The same for a server that gets the room's events; undefined for any other. */
  #headsFor(server: string, roomId: string): Promise<Heads | undefined> {
    return this.#here.runner.ask(roomId, (room): Ask<Heads | undefined> => {
      const servers = room.servers();
      if (servers.needs !== null) return servers;
      return servers.value.includes(server) ? headsOf(room) : { needs: null, value: undefined };
    });
  }
}

function headsOf(room: Room): Ask<Heads> {
  const hash = room.stateHash();
  return hash.needs === null ? { needs: null, value: { heads: [...room.extremities], state_hash: hash.value } } : hash;
}

function read(value: JsonValue | undefined): Heads {
  const { heads, state_hash } = (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}) as Record<
    string,
    JsonValue
  >;
  return {
    heads: Array.isArray(heads) ? heads.slice(0, 200).filter((id): id is string => typeof id === 'string') : [],
    state_hash: typeof state_hash === 'string' ? state_hash : '',
  };
}
