import type { RoomSnapshot, StateEntry, StoredEvent } from '@openguild/core';
import type { ClientTransaction, CommitReceipt, CommittedTransaction, RoomCommit, RoomStore, StreamRow } from '../ports.ts';
import { entriesOf } from '../state-chain.ts';
import { readRoom, ROOM_QUERY } from './commit-memory.ts';
import type { CommitWriter } from './commit-writer.ts';
import type { Committer } from './committer.ts';
import { MAX_IN_LIST, padded, placeholders, type Sql } from './driver.ts';
import { EVENT_BASES, EVENT_COLUMNS, EVENT_TABLES, type EventRow, readEvent } from './event-rows.ts';
import { nodeOf, wholeChain } from './state-rows.ts';

type RoomRow = Parameters<typeof readRoom>[0];
type StreamEvent = EventRow & { readonly position: number; readonly room_id: string };

const ROOM = '(SELECT num FROM rooms WHERE room_id = ?)';
const NUM = `SELECT num FROM events WHERE room = ${ROOM} AND event_id = ?`;
const EVENTS = `SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES}`;
const STREAM = `SELECT s.position, r.room_id, ${EVENT_COLUMNS}
  FROM stream s JOIN rooms r ON r.num = s.room JOIN events e ON e.num = s.event ${EVENT_BASES}`;

/** Rooms in SQL. Reads see what is committed. */
export class SqlRooms implements RoomStore {
  readonly #reader: Sql;
  readonly #committer: Committer;
  readonly #writer: CommitWriter;

  constructor(reader: Sql, committer: Committer, writer: CommitWriter) {
    this.#reader = reader;
    this.#committer = committer;
    this.#writer = writer;
  }

  async open(roomId: string): Promise<RoomSnapshot | undefined> {
    const row = await this.#reader.get<RoomRow>(`${ROOM_QUERY} WHERE r.room_id = ?`, roomId);
    return row === undefined ? undefined : readRoom(row).snapshot;
  }

  async list(): Promise<readonly RoomSnapshot[]> {
    const rows = await this.#reader.all<RoomRow>(`${ROOM_QUERY} ORDER BY r.num`);
    return rows.map((row) => readRoom(row).snapshot);
  }

  async events(roomId: string, ids: readonly string[], ancestors = 0): Promise<readonly StoredEvent[]> {
    const room = await this.#reader.get<{ num: number }>('SELECT num FROM rooms WHERE room_id = ?', roomId);
    if (room === undefined) return [];
    const found = new Map<string, StoredEvent>();
    let level = [...new Set(ids)];
    let limit = Infinity;
    while (level.length > 0) {
      const loaded = await this.#byId(room.num, level.slice(0, limit === Infinity ? level.length : limit - found.size));
      for (const stored of loaded) found.set(stored.event.event_id, stored);
      if (limit === Infinity) limit = found.size + ancestors;
      if (found.size >= limit) break;
      const before = loaded.flatMap((stored) => stored.event.prev_events);
      level = [...new Set(before)].filter((id) => !found.has(id));
    }
    return [...found.values()];
  }

  async stateAfter(roomId: string, eventId: string): Promise<readonly StateEntry[] | undefined> {
    const query = `SELECT state FROM events WHERE room = ${ROOM} AND event_id = ? AND rejected = 0`;
    const row = await this.#reader.get<{ state: number | null }>(query, roomId, eventId);
    if (row === undefined) return undefined;
    return row.state === null ? [] : entriesOf(row.state, nodeOf(await wholeChain(this.#reader, row.state)));
  }

  commit(commit: RoomCommit): Promise<CommitReceipt> {
    return this.#committer.run({
      prepare: (sql) => this.#writer.prepare(sql, commit),
      apply: (tx) => this.#writer.write(tx, commit),
    });
  }

  async stream(after: number, limit: number): Promise<readonly StreamRow[]> {
    const rows = await this.#reader.all<StreamEvent>(`${STREAM} WHERE s.position > ? ORDER BY s.position LIMIT ?`, after, limit);
    return rows.map(readRow);
  }

  async latest(roomId: string, upTo: number, limit: number): Promise<readonly StreamRow[]> {
    const query = `${STREAM} WHERE s.room = ${ROOM} AND s.position <= ? ORDER BY s.position DESC LIMIT ?`;
    return (await this.#reader.all<StreamEvent>(query, roomId, upTo, limit)).map(readRow);
  }

  async position(): Promise<number> {
    const row = await this.#reader.get<{ position: number | null }>('SELECT max(position) AS position FROM stream');
    return row?.position ?? 0;
  }

  async softFailed(roomId: string, rule: string, limit: number, after?: string): Promise<readonly string[]> {
    const from = after === undefined ? 0 : ((await this.#reader.get<{ num: number }>(NUM, roomId, after))?.num ?? 0);
    const query = `SELECT event_id FROM events WHERE soft_failed = 1 AND room = ${ROOM} AND fault_rule = ? AND num > ? ORDER BY num LIMIT ?`;
    const rows = await this.#reader.all<{ event_id: string }>(query, roomId, rule, from, limit);
    return rows.map((row) => row.event_id);
  }

  async byDepth(
    roomId: string,
    after: { readonly depth: number; readonly event_id: string } | null,
    limit: number,
  ): Promise<readonly StoredEvent[]> {
    const query = `${EVENTS} WHERE e.room = ${ROOM} AND (e.depth, e.event_id) > (?, ?) ORDER BY e.depth, e.event_id LIMIT ?`;
    return (await this.#reader.all<EventRow>(query, roomId, after?.depth ?? -1, after?.event_id ?? '', limit)).map(readEvent);
  }

  clientTransaction({ user_id, device_id, txn_id }: ClientTransaction): Promise<CommittedTransaction | undefined> {
    const query = `SELECT r.room_id, e.event_id, s.position FROM client_transactions t
      JOIN events e ON e.num = t.event JOIN rooms r ON r.num = e.room JOIN stream s ON s.event = e.num
      WHERE t.user_id = ? AND t.device_id = ? AND t.txn_id = ?`;
    return this.#reader.get<CommittedTransaction>(query, user_id, device_id, txn_id);
  }

  async channelsOf(guildId: string): Promise<readonly string[]> {
    const rows = await this.#reader.all<{ room_id: string }>(`SELECT room_id FROM rooms WHERE guild = ${ROOM} ORDER BY num`, guildId);
    return rows.map((row) => row.room_id);
  }

  async #byId(room: number, ids: readonly string[]): Promise<StoredEvent[]> {
    const found: StoredEvent[] = [];
    for (let from = 0; from < ids.length; from += MAX_IN_LIST) {
      const some = ids.slice(from, from + MAX_IN_LIST);
      const query = `${EVENTS} WHERE e.room = ? AND e.event_id IN (${placeholders(some.length)})`;
      for (const row of await this.#reader.all<EventRow>(query, room, ...padded(some))) found.push(readEvent(row));
    }
    return found;
  }
}

function readRow(row: StreamEvent): StreamRow {
  return { position: row.position, room_id: row.room_id, stored: readEvent(row) };
}
