import type Database from 'better-sqlite3';
import type { RoomSnapshot, StateChange, StoredEvent } from '@openguild/core';
import { checkCommit, checkSameJudgement, checkSameRoom, refuseIf } from '../check-commit.ts';
import { InviteUnusableError, TransactionUsedError } from '../errors.ts';
import type { ClientTransaction, CommitReceipt, RoomCommit } from '../ports.ts';
import { nextNode, type StateNode } from '../state-chain.ts';
import { deltaColumn, EVENT_COLUMNS, EVENT_TABLES, type EventRow, readEvent } from './event-rows.ts';

interface RoomRow {
  readonly num: number;
  readonly room_id: string;
  readonly room_version: string;
  readonly kind: RoomSnapshot['kind'];
  readonly guild_id: string | null;
  readonly extremities: string;
}

interface Entering {
  readonly num: number;
  readonly rejected: number;
  readonly state: number | null;
}

export const ROOM_QUERY = `SELECT r.num, r.room_id, r.room_version, r.kind, g.room_id AS guild_id, r.extremities
  FROM rooms r LEFT JOIN rooms g ON g.num = r.guild`;

export function readRoom({ room_id, room_version, kind, guild_id, extremities }: RoomRow): RoomSnapshot {
  return { room_id, room_version, kind, guild_id, extremities: JSON.parse(extremities) as string[] };
}

/** Writes one commit. Runs inside a transaction that is undone if it throws. */
export class CommitWriter {
  readonly #sql;
  readonly #redeem: (code: string, now: number) => boolean;

  constructor(db: Database.Database, redeem: (code: string, now: number) => boolean) {
    this.#redeem = redeem;
    this.#sql = prepare(db);
  }

  write(commit: RoomCommit): CommitReceipt {
    checkCommit(commit);
    const { effects, destinations, client_txn, use_invite, received_ts } = commit;
    const { stored } = effects;
    const room = this.#room(commit.room);
    const event = this.#event(room, stored, received_ts);
    const positions = effects.enters_history.map((id) => this.#enterHistory(room, id));
    if (effects.extremities !== null) this.#sql.setExtremities.run(JSON.stringify(effects.extremities), room);
    for (const destination of destinations) this.#sql.enqueue.run(destination, event);
    if (client_txn !== undefined) this.#useTransaction(client_txn, event);
    if (use_invite !== undefined && !this.#redeem(use_invite, received_ts)) throw new InviteUnusableError('the invite code cannot be used');
    return { positions };
  }

  #room(room: RoomSnapshot): number {
    const known = this.#sql.room.get(room.room_id);
    if (known !== undefined) {
      checkSameRoom(readRoom(known), room);
      return known.num;
    }
    const guild = room.guild_id === null ? null : this.#sql.room.get(room.guild_id);
    refuseIf(guild !== null && guild?.kind !== 'guild', `${room.guild_id} is no guild known here`);
    return Number(this.#sql.addRoom.run(room.room_id, room.room_version, room.kind, guild?.num ?? null).lastInsertRowid);
  }

  #event(room: number, stored: StoredEvent, receivedTs: number): number {
    const { event, fault } = stored;
    const known = this.#sql.event.get(room, event.event_id);
    const [redacted, soft] = [event.redacted ? 1 : 0, stored.soft_failed ? 1 : 0];
    const pdu = JSON.stringify(event.pdu);
    if (known !== undefined) {
      checkSameJudgement(readEvent(known), stored);
      this.#sql.replaceEvent.run(pdu, redacted, soft, fault?.rule ?? null, fault?.detail ?? null, known.num);
      return known.num;
    }
    const base = stored.state_base === null ? null : this.#accepted(room, stored.state_base);
    const row = [
      room,
      event.event_id,
      stored.depth,
      stored.verdict === 'rejected' ? 1 : 0,
      soft,
      redacted,
      fault?.rule ?? null,
      fault?.detail ?? null,
      stored.rank,
      receivedTs,
      stored.void_before.length === 0 ? null : JSON.stringify(stored.void_before),
      base?.num ?? null,
      deltaColumn(stored),
      stored.verdict === 'rejected' ? null : this.#state(base?.state ?? null, stored.state_delta),
      pdu,
    ];
    return Number(this.#sql.addEvent.run(...row).lastInsertRowid);
  }

  #accepted(room: number, eventId: string): Entering {
    const row = this.#sql.entering.get(room, eventId);
    if (row === undefined || row.rejected === 1) refuseIf(true, `${eventId} is no accepted event of the room`);
    return row as Entering;
  }

  /** An event that changes nothing shares the state of its base. */
  #state(base: number | null, delta: readonly StateChange[]): number | null {
    if (delta.length === 0) return base;
    const node = nextNode(base, delta, (num) => readState(this.#sql.state.get(num)));
    return Number(this.#sql.addState.run(node.seq, node.parent, JSON.stringify(node.changes)).lastInsertRowid);
  }

  #enterHistory(room: number, eventId: string): number {
    const { num } = this.#accepted(room, eventId);
    refuseIf(this.#sql.position.get(num) !== undefined, `${eventId} is in the history already`);
    this.#sql.harden.run(num);
    return Number(this.#sql.addPosition.run(room, num).lastInsertRowid);
  }

  #useTransaction({ user_id, device_id, txn_id }: ClientTransaction, event: number): void {
    const { changes } = this.#sql.addTransaction.run(user_id, device_id, txn_id, event);
    if (changes === 0) throw new TransactionUsedError('the client transaction was used');
  }
}

export function readState(
  row: { readonly seq: number; readonly parent: number | null; readonly changes: string } | undefined,
): StateNode<number> {
  if (row === undefined) throw new Error('a state that is referred to is not there');
  return { seq: row.seq, parent: row.parent, changes: JSON.parse(row.changes) as StateChange[] };
}

function prepare(db: Database.Database) {
  return {
    room: db.prepare<[string], RoomRow>(`${ROOM_QUERY} WHERE r.room_id = ?`),
    addRoom: db.prepare("INSERT INTO rooms (room_id, room_version, kind, guild, extremities) VALUES (?, ?, ?, ?, '[]')"),
    setExtremities: db.prepare('UPDATE rooms SET extremities = ? WHERE num = ?'),
    event: db.prepare<[number, string], EventRow>(`SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES} WHERE e.room = ? AND e.event_id = ?`),
    entering: db.prepare<[number, string], Entering>('SELECT num, rejected, state FROM events WHERE room = ? AND event_id = ?'),
    addEvent:
      db.prepare(`INSERT INTO events (room, event_id, depth, rejected, soft_failed, redacted, fault_rule, fault_detail, rank, received_ts,
      void_before, state_base, state_delta, state, pdu) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    replaceEvent: db.prepare('UPDATE events SET pdu = ?, redacted = ?, soft_failed = ?, fault_rule = ?, fault_detail = ? WHERE num = ?'),
    harden: db.prepare('UPDATE events SET soft_failed = 0 WHERE num = ? AND soft_failed = 1'),
    state: db.prepare<[number], { seq: number; parent: number | null; changes: string }>(
      'SELECT seq, parent, changes FROM states WHERE num = ?',
    ),
    addState: db.prepare('INSERT INTO states (seq, parent, changes) VALUES (?, ?, ?)'),
    position: db.prepare<[number], { position: number }>('SELECT position FROM stream WHERE event = ?'),
    addPosition: db.prepare('INSERT INTO stream (room, event) VALUES (?, ?)'),
    enqueue: db.prepare('INSERT OR IGNORE INTO outgoing (destination, event) VALUES (?, ?)'),
    addTransaction: db.prepare('INSERT OR IGNORE INTO client_transactions (user_id, device_id, txn_id, event) VALUES (?, ?, ?, ?)'),
  };
}
