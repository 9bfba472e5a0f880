import type Database from 'better-sqlite3';
import type { RoomSnapshot, StateEntry, StoredEvent } from '@openguild/core';
import type { ClientTransaction, CommitReceipt, CommittedTransaction, RoomCommit, RoomStore, StreamRow } from '../ports.ts';
import { entriesOf } from '../state-chain.ts';
import { CommitWriter, readRoom, readState, ROOM_QUERY } from './commit-writer.ts';
import type { Committer } from './committer.ts';
import { EVENT_COLUMNS, EVENT_TABLES, type EventRow, readEvent } from './event-rows.ts';

type RoomRow = Parameters<typeof readRoom>[0];
type StreamEvent = EventRow & { readonly position: number; readonly room_id: string };

/** Rooms in SQLite. Reads run at once on the same connection and never see a transaction that is not committed: those run in one go. */
export class SqliteRooms implements RoomStore {
  readonly #committer: Committer;
  readonly #writer: CommitWriter;
  readonly #sql;

  constructor(db: Database.Database, committer: Committer, redeem: (code: string, now: number) => boolean) {
    this.#committer = committer;
    this.#writer = new CommitWriter(db, redeem);
    this.#sql = prepare(db);
  }

  async open(roomId: string): Promise<RoomSnapshot | undefined> {
    const row = this.#sql.room.get(roomId);
    return row === undefined ? undefined : readRoom(row);
  }

  async list(): Promise<readonly RoomSnapshot[]> {
    return this.#sql.rooms.all().map(readRoom);
  }

  async events(roomId: string, ids: readonly string[], ancestors = 0): Promise<readonly StoredEvent[]> {
    const room = this.#sql.room.get(roomId)?.num;
    if (room === undefined) return [];
    const found = new Map<string, StoredEvent>();
    const take = (level: readonly string[], limit: number): string[] => {
      const before: string[] = [];
      for (const id of level) {
        const row = found.has(id) || found.size >= limit ? undefined : this.#sql.event.get(room, id);
        if (row === undefined) continue;
        const stored = readEvent(row);
        found.set(id, stored);
        before.push(...stored.event.prev_events);
      }
      return before;
    };
    let level = take(ids, Infinity);
    const limit = found.size + ancestors;
    while (level.length > 0 && found.size < limit) level = take(level, limit);
    return [...found.values()];
  }

  async stateAfter(roomId: string, eventId: string): Promise<readonly StateEntry[] | undefined> {
    const row = this.#sql.stateOf.get(roomId, eventId);
    return row === undefined ? undefined : entriesOf(row.state, (num) => readState(this.#sql.state.get(num)));
  }

  commit(commit: RoomCommit): Promise<CommitReceipt> {
    return this.#committer.run(() => this.#writer.write(commit));
  }

  async stream(after: number, limit: number): Promise<readonly StreamRow[]> {
    return this.#sql.stream.all(after, limit).map(readRow);
  }

  async latest(roomId: string, upTo: number, limit: number): Promise<readonly StreamRow[]> {
    return this.#sql.latest.all(roomId, upTo, limit).map(readRow);
  }

  async position(): Promise<number> {
    return this.#sql.position.get()?.position ?? 0;
  }

  async softFailed(roomId: string, rule: string, limit: number): Promise<readonly string[]> {
    return this.#sql.softFailed.all(roomId, rule, limit).map((row) => row.event_id);
  }

  async byDepth(
    roomId: string,
    after: { readonly depth: number; readonly event_id: string } | null,
    limit: number,
  ): Promise<readonly StoredEvent[]> {
    return this.#sql.byDepth.all(roomId, after?.depth ?? -1, after?.event_id ?? '', limit).map(readEvent);
  }

  async clientTransaction({ user_id, device_id, txn_id }: ClientTransaction): Promise<CommittedTransaction | undefined> {
    return this.#sql.transaction.get(user_id, device_id, txn_id);
  }

  async channelsOf(guildId: string): Promise<readonly string[]> {
    return this.#sql.channels.all(guildId).map((row) => row.room_id);
  }
}

function readRow(row: StreamEvent): StreamRow {
  return { position: row.position, room_id: row.room_id, stored: readEvent(row) };
}

function prepare(db: Database.Database) {
  const event = `SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES}`;
  const stream = `SELECT s.position, r.room_id, ${EVENT_COLUMNS}
    FROM stream s JOIN rooms r ON r.num = s.room JOIN events e ON e.num = s.event LEFT JOIN events b ON b.num = e.state_base`;
  const room = '(SELECT num FROM rooms WHERE room_id = ?)';
  return {
    room: db.prepare<[string], RoomRow>(`${ROOM_QUERY} WHERE r.room_id = ?`),
    rooms: db.prepare<[], RoomRow>(`${ROOM_QUERY} ORDER BY r.num`),
    event: db.prepare<[number, string], EventRow>(`${event} WHERE e.room = ? AND e.event_id = ?`),
    byDepth: db.prepare<[string, number, string, number], EventRow>(
      `${event} WHERE e.room = ${room} AND (e.depth, e.event_id) > (?, ?) ORDER BY e.depth, e.event_id LIMIT ?`,
    ),
    stateOf: db.prepare<[string, string], { state: number | null }>(
      `SELECT state FROM events WHERE room = ${room} AND event_id = ? AND rejected = 0`,
    ),
    state: db.prepare<[number], { seq: number; parent: number | null; changes: string }>(
      'SELECT seq, parent, changes FROM states WHERE num = ?',
    ),
    stream: db.prepare<[number, number], StreamEvent>(`${stream} WHERE s.position > ? ORDER BY s.position LIMIT ?`),
    latest: db.prepare<[string, number, number], StreamEvent>(
      `${stream} WHERE s.room = ${room} AND s.position <= ? ORDER BY s.position DESC LIMIT ?`,
    ),
    position: db.prepare<[], { position: number }>('SELECT max(position) AS position FROM stream'),
    softFailed: db.prepare<[string, string, number], { event_id: string }>(
      `SELECT event_id FROM events WHERE soft_failed = 1 AND room = ${room} AND fault_rule = ? ORDER BY num LIMIT ?`,
    ),
    transaction: db.prepare<
      [string, string, string],
      CommittedTransaction
    >(`SELECT r.room_id, e.event_id, s.position FROM client_transactions t
      JOIN events e ON e.num = t.event JOIN rooms r ON r.num = e.room JOIN stream s ON s.event = e.num WHERE t.user_id = ? AND t.device_id = ? AND t.txn_id = ?`),
    channels: db.prepare<[string], { room_id: string }>(`SELECT room_id FROM rooms WHERE guild = ${room} ORDER BY num`),
  };
}
