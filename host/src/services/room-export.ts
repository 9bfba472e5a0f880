import { exportLine, headerLine, stateHash, utf8Compare } from '@openguild/core';
import type { RoomVersion, StoredEvent } from '@openguild/core';
import type { RoomStore } from '@openguild/storage';
import { HostError } from '../http/errors.ts';
import type { Redactions } from './redactions.ts';
import type { Rooms } from './rooms.ts';

/** Events read from the store at once. */
const PAGE = 200;

/** Where the rows of an export come from. */
export interface RoomExportParts {
  readonly rooms: Rooms;
  readonly store: Pick<RoomStore, 'open' | 'byDepth'>;
  readonly redactions: Redactions;
}

/** What an export has of one room so far. */
interface Written {
  readonly heads: Record<string, string[]>;
  readonly state_hash: Record<string, string>;
  /** Everything that is in the file. */
  readonly ids: Set<string>;
}

/** EXP rules: rooms as files that anybody can verify. */
export class RoomExports {
  readonly #parts: RoomExportParts;

  constructor(parts: RoomExportParts) {
    this.#parts = parts;
  }

  /** NOT_FOUND if there is nothing of the room to export: it is not known here, or its create event is not followed yet (AUTH-2.7). */
  async requireHistory(roomId: string): Promise<void> {
    const room = await this.#parts.store.open(roomId);
    if (room === undefined || room.extremities.length === 0) throw new HostError('NOT_FOUND', 'nothing of the room is in the history here');
  }

  /**
   * A room's export in chunks of whole lines: its history, after that of its guild if it is a channel. What a redaction took is not in it.
   *
   * Events may come in meanwhile: one is written only if all that it cites was, so the file is whole whatever happens. Memory: the event IDs.
   * Throws HostError NOT_FOUND if the room is not known here.
   */
  async *chunks(roomId: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { rooms, store } = this.#parts;
    const version = await rooms.ask(roomId, (room) => ({ needs: null, value: room.version }));
    yield exportLine(headerLine(roomId, version));
    const written: Written = { heads: {}, state_hash: {}, ids: new Set() };
    const guildId = (await store.open(roomId))?.guild_id ?? null;
    for (const id of guildId === null ? [roomId] : [guildId, roomId]) yield* this.#room(id, version, written, signal);
    yield exportLine({ heads: written.heads, state_hash: written.state_hash });
  }

  async *#room(roomId: string, version: RoomVersion, written: Written, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { rooms, store, redactions } = this.#parts;
    const open = new Set<string>();
    let after: { readonly depth: number; readonly event_id: string } | null = null;
    for (;;) {
      signal?.throwIfAborted();
      const page: readonly StoredEvent[] = await store.byDepth(roomId, after, PAGE);
      const whole: StoredEvent[] = [];
      for (const stored of page) {
        if (!belongs(stored, written.ids)) continue;
        const { event } = stored;
        whole.push(stored);
        written.ids.add(event.event_id);
        for (const id of event.prev_events) open.delete(id);
        open.add(event.event_id);
      }
      const lines = await Promise.all(whole.map(async ({ event }) => exportLine((await redactions.shown(event)).event.pdu)));
      if (lines.length > 0) yield Buffer.concat(lines);
      const last = page.at(-1);
      if (last === undefined) break;
      after = { depth: last.depth, event_id: last.event.event_id };
    }
    const heads = [...open].sort(utf8Compare);
    written.heads[roomId] = heads;
    written.state_hash[roomId] = stateHash(await rooms.ask(roomId, (room) => room.stateAfter(heads)), version);
  }
}

/** EXP-4, EXP-5, EXP-7. Whether an event is part of the history, and all that it cites is written: in the order of depth nothing is missing for longer. */
function belongs({ event, verdict, soft_failed }: StoredEvent, written: ReadonlySet<string>): boolean {
  return verdict === 'accepted' && !soft_failed && [...event.prev_events, ...event.guild_heads].every((id) => written.has(id));
}
