import type { RoomSnapshot, StateChange, StoredEvent } from '@openguild/core';
import { checkCommit, checkSameJudgement, checkSameRoom, refuseIf } from '../check-commit.ts';
import { InviteUnusableError, RoomMovedError, TransactionUsedError } from '../errors.ts';
import type { ClientTransaction, CommitReceipt, RoomCommit } from '../ports.ts';
import { CommitMemory, type Place } from './commit-memory.ts';
import { assignTo, type KeyedSql } from './driver.ts';
import { deltaColumn } from './event-rows.ts';
import { redeemCode } from './sql-invites.ts';
import { enqueue } from './sql-outgoing.ts';
import type { WriteTransaction } from './write-transaction.ts';

const EXTREMITIES = assignTo('rooms', ['num', 'integer'], ['extremities', 'text']);

/** Writes commits. Runs inside a transaction that is undone if it throws. */
export class CommitWriter {
  readonly memory = new CommitMemory();

  /** Reads what `write` will ask for, as far as it is there by now. */
  async prepare(sql: KeyedSql, { room, effects, client_txn, expects }: RoomCommit): Promise<void> {
    const { memory } = this;
    if (client_txn !== undefined) void (await memory.transactionUsed(sql, client_txn));
    const known = await memory.room(sql, room.room_id);
    if (known === undefined) return;
    const guild = room.guild_id === null || (expects?.guild ?? null) === null ? undefined : await memory.room(sql, room.guild_id);
    const { event, state_base, state_delta, void_delta } = effects.stored;
    // Asked together and awaited together: a promise of its own that fails while another is awaited would be nobody's.
    const [base] = await Promise.all([
      state_base === null ? undefined : memory.place(sql, known.num, state_base),
      memory.event(sql, known.num, event.event_id),
      void_delta.base === null ? undefined : memory.place(sql, known.num, void_delta.base),
      (expects?.room ?? null) === null ? undefined : memory.extremities(sql, known.num),
      guild && memory.extremities(sql, guild.num),
    ]);
    const state = base?.state ?? null;
    if (state !== null && state_delta.length > 0) void (await memory.nodeAfter(sql, state, state_delta));
  }

  async write(tx: WriteTransaction, commit: RoomCommit): Promise<CommitReceipt> {
    checkCommit(commit);
    const { effects, destinations, client_txn, use_invite, received_ts } = commit;
    const { stored } = effects;
    const { event_id } = stored.event;
    // Before anything is written: then what is refused here costs the others of its batch nothing.
    if (client_txn !== undefined && (await this.memory.transactionUsed(tx, client_txn)))
      throw new TransactionUsedError('the client transaction was used');
    await this.#checkUnmoved(tx, commit);
    const room = await this.#room(tx, commit.room);
    const event = await this.#event(tx, room, stored, received_ts);
    const positions: number[] = [];
    for (const id of effects.enters_history) {
      const fresh = event.added && id === event_id;
      positions.push(fresh ? this.#addPosition(tx, room, event.num) : await this.#enterHistory(tx, room, id));
    }
    if (effects.extremities !== null) this.#moveOn(tx, room, JSON.stringify(effects.extremities));
    for (const destination of destinations) await enqueue(tx, destination, event.num, event.added);
    if (client_txn !== undefined) this.#useTransaction(tx, client_txn, event.num);
    if (use_invite !== undefined && !(await redeemCode(tx, use_invite, received_ts)))
      throw new InviteUnusableError('the invite code cannot be used');
    return { positions };
  }

  /** The step was taken on the extremities that are stored. */
  async #checkUnmoved(tx: WriteTransaction, { room, expects }: RoomCommit): Promise<void> {
    await this.#checkEnds(tx, room.room_id, expects?.room ?? null);
    if (room.guild_id !== null) await this.#checkEnds(tx, room.guild_id, expects?.guild ?? null);
  }

  async #checkEnds(tx: WriteTransaction, roomId: string, expected: readonly string[] | null): Promise<void> {
    if (expected === null) return;
    const room = await this.memory.room(tx, roomId);
    const ends = room === undefined ? '[]' : await this.memory.extremities(tx, room.num);
    if (ends !== JSON.stringify(expected)) throw new RoomMovedError(roomId);
  }

  #moveOn(tx: WriteTransaction, room: number, extremities: string): void {
    tx.assign(EXTREMITIES, room, extremities);
    this.memory.setExtremities(room, extremities);
  }

  async #room(tx: WriteTransaction, room: RoomSnapshot): Promise<number> {
    const known = await this.memory.room(tx, room.room_id);
    if (known !== undefined) {
      checkSameRoom(known.snapshot, room);
      return known.num;
    }
    const guild = room.guild_id === null ? null : await this.memory.room(tx, room.guild_id);
    refuseIf(guild !== null && guild?.snapshot.kind !== 'guild', `${room.guild_id} is no guild known here`);
    const num = tx.next('rooms');
    const { room_id, room_version, kind } = room;
    tx.insert('rooms', { num, room_id, room_version, kind, guild: guild?.num ?? null, extremities: '[]' });
    this.memory.addRoom(num, room);
    this.memory.setExtremities(num, '[]');
    return num;
  }

  async #event(tx: WriteTransaction, room: number, stored: StoredEvent, receivedTs: number): Promise<{ num: number; added: boolean }> {
    const { event, fault } = stored;
    const known = await this.memory.event(tx, room, event.event_id);
    const [redacted, soft, rejected] = [event.redacted ? 1 : 0, stored.soft_failed ? 1 : 0, stored.verdict === 'rejected' ? 1 : 0];
    const pdu = JSON.stringify(event.pdu);
    if (known !== null) {
      checkSameJudgement(known.stored, stored);
      const replaced = { pdu, redacted, soft_failed: soft, fault_rule: fault?.rule ?? null, fault_detail: fault?.detail ?? null };
      await tx.change('events', replaced, 'num = ?', known.num);
      this.memory.setEvent(room, known.num, stored);
      return { num: known.num, added: false };
    }
    const base = stored.state_base === null ? null : await this.#accepted(tx, room, stored.state_base);
    const state = rejected === 1 ? null : await this.#state(tx, base?.state ?? null, stored.state_delta);
    const { base: from, added, removed } = stored.void_delta;
    const voidBase = from === null ? null : await this.#accepted(tx, room, from);
    const num = tx.next('events');
    tx.insert('events', {
      num,
      room,
      event_id: event.event_id,
      depth: stored.depth,
      rejected,
      soft_failed: soft,
      redacted,
      fault_rule: fault?.rule ?? null,
      fault_detail: fault?.detail ?? null,
      rank: stored.rank,
      received_ts: receivedTs,
      void_base: voidBase?.num ?? null,
      void_added: added.length === 0 ? null : JSON.stringify(added),
      void_removed: removed.length === 0 ? null : JSON.stringify(removed),
      state_base: base?.num ?? null,
      state_delta: deltaColumn(stored),
      state,
      pdu,
    });
    this.memory.setEvent(room, num, stored);
    this.memory.setPlace(event.event_id, { num, room, rejected, state });
    return { num, added: true };
  }

  async #accepted(tx: WriteTransaction, room: number, eventId: string): Promise<Place> {
    const place = await this.memory.place(tx, room, eventId);
    if (place === undefined || place.rejected === 1) refuseIf(true, `${eventId} is no accepted event of the room`);
    return place as Place;
  }

  /** An event that changes nothing shares the state of its base. */
  async #state(tx: WriteTransaction, base: number | null, delta: readonly StateChange[]): Promise<number | null> {
    if (delta.length === 0) return base;
    const node = await this.memory.nodeAfter(tx, base, delta);
    const num = tx.next('states');
    tx.insert('states', { num, seq: node.seq, parent: node.parent, changes: JSON.stringify(node.changes) });
    this.memory.setNode(num, node);
    return num;
  }

  async #enterHistory(tx: WriteTransaction, room: number, eventId: string): Promise<number> {
    const { num } = await this.#accepted(tx, room, eventId);
    const entered = await tx.get('SELECT position FROM stream WHERE event = ?', num);
    refuseIf(entered !== undefined, `${eventId} is in the history already`);
    tx.later('UPDATE events SET soft_failed = 0 WHERE num = ? AND soft_failed = 1', num);
    return this.#addPosition(tx, room, num);
  }

  #addPosition(tx: WriteTransaction, room: number, event: number): number {
    const position = tx.next('stream');
    tx.insert('stream', { position, room, event });
    return position;
  }

  #useTransaction(tx: WriteTransaction, txn: ClientTransaction, event: number): void {
    const { user_id, device_id, txn_id } = txn;
    tx.insert('client_transactions', { user_id, device_id, txn_id, event });
    this.memory.setTransactionUsed(txn);
  }
}
