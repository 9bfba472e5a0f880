import type { RoomSnapshot, StateChange, StoredEvent } from '@openguild/core';
import { LruMap } from '../runner/lru-map.ts';
import { nextNode, type StateNode } from '../state-chain.ts';
import type { ClientTransaction } from '../ports.ts';
import type { Memory } from './committer.ts';
import { type KeyedSql, lookUp, type Sql } from './driver.ts';
import { EVENT_COLUMNS, EVENT_TABLES, type EventRow, readEvent } from './event-rows.ts';
import { chainForNext, nodeOf } from './state-rows.ts';

/** A room as far as it never changes. */
export interface KnownRoom {
  readonly num: number;
  readonly snapshot: RoomSnapshot;
}

/** Where an event is. */
export interface Place {
  readonly num: number;
  readonly room: number;
  readonly rejected: number;
  readonly state: number | null;
}

export interface KnownEvent {
  readonly num: number;
  readonly stored: StoredEvent;
}

interface RoomRow {
  readonly num: number;
  readonly room_id: string;
  readonly room_version: string;
  readonly kind: RoomSnapshot['kind'];
  readonly guild_id: string | null;
  readonly extremities: string;
}

export const ROOM_QUERY = `SELECT r.num, r.room_id, r.room_version, r.kind, g.room_id AS guild_id, r.extremities
  FROM rooms r LEFT JOIN rooms g ON g.num = r.guild`;

export function readRoom({ num, extremities, ...row }: RoomRow): KnownRoom {
  const { room_id, room_version, kind, guild_id } = row;
  return { num, snapshot: { room_id, room_version, kind, guild_id, extremities: JSON.parse(extremities) as string[] } };
}

const EVENT_NUM = lookUp('events', { room: 'integer', event_id: 'text' }, ['num']);
const PLACE = lookUp('events', { room: 'integer', event_id: 'text' }, ['num', 'room', 'rejected', 'state']);
const ENDS = lookUp('rooms', { num: 'integer' }, ['extremities']);
const TRANSACTION = lookUp('client_transactions', { user_id: 'text', device_id: 'text', txn_id: 'text' }, ['event']);

const ROOMS = 4_096;
const PLACES = 16_384;
const NODES = 1_024;

/**
 * What commits ask for, remembered: rows that never change, for as long as there is room; others until the transaction is over. Nobody else writes while it
 * runs. In a batch all of it is read ahead, so that writing waits for no answer. An ID is remembered for one room, the last in which it was seen: another room
 * has the same one only where somebody means to confuse.
 */
export class CommitMemory implements Memory {
  #rooms = new LruMap<string, KnownRoom>(ROOMS);
  #places = new LruMap<string, Place>(PLACES);
  #nodes = new LruMap<number, StateNode<number>>(NODES);
  readonly #events = new Map<string, { readonly room: number; readonly event: KnownEvent | null }>();
  readonly #transactions = new Map<string, boolean>();
  readonly #extremities = new Map<number, string>();

  transactionOver(): void {
    this.#events.clear();
    this.#extremities.clear();
    this.#transactions.clear();
  }

  undone(): void {
    this.transactionOver();
    this.#rooms = new LruMap(ROOMS);
    this.#places = new LruMap(PLACES);
    this.#nodes = new LruMap(NODES);
  }

  async room(sql: Sql, roomId: string): Promise<KnownRoom | undefined> {
    const known = this.#rooms.get(roomId);
    if (known !== undefined) return known;
    const row = await sql.get<RoomRow>(`${ROOM_QUERY} WHERE r.room_id = ?`, roomId);
    if (row !== undefined) this.#rooms.set(roomId, readRoom(row));
    return row && readRoom(row);
  }

  addRoom(num: number, snapshot: RoomSnapshot): void {
    this.#rooms.set(snapshot.room_id, { num, snapshot });
  }

  /** As they are written; another process may have written them since the last transaction. */
  async extremities(sql: KeyedSql, room: number): Promise<string | undefined> {
    const known = this.#extremities.get(room);
    if (known !== undefined) return known;
    const row = await sql.find<{ extremities: string }>(ENDS, room);
    if (row !== undefined) this.#extremities.set(room, row.extremities);
    return row?.extremities;
  }

  setExtremities(room: number, extremities: string): void {
    this.#extremities.set(room, extremities);
  }

  async event(sql: KeyedSql, room: number, eventId: string): Promise<KnownEvent | null> {
    const known = this.#events.get(eventId);
    if (known?.room === room) return known.event;
    // Nearly always it is not there, and the index alone says so.
    const there = await sql.find<{ num: number }>(EVENT_NUM, room, eventId);
    const row = there && (await sql.get<EventRow>(`SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES} WHERE e.num = ?`, there.num));
    const found = row === undefined ? null : { num: row.num, stored: readEvent(row) };
    this.#events.set(eventId, { room, event: found });
    return found;
  }

  setEvent(room: number, num: number, stored: StoredEvent): void {
    this.#events.set(stored.event.event_id, { room, event: { num, stored } });
  }

  async place(sql: KeyedSql, room: number, eventId: string): Promise<Place | undefined> {
    const known = this.#places.get(eventId);
    if (known?.room === room) return known;
    const row = await sql.find<Place>(PLACE, room, eventId);
    if (row !== undefined) this.#places.set(eventId, row);
    return row;
  }

  setPlace(eventId: string, place: Place): void {
    this.#places.set(eventId, place);
  }

  /** The node after a state (null: the empty one). */
  async nodeAfter(sql: Sql, base: number | null, delta: readonly StateChange[]): Promise<StateNode<number>> {
    if (base === null || this.#hasChain(base)) return nextNode(base, delta, (num) => this.#nodes.get(num) as StateNode<number>);
    return nextNode(base, delta, nodeOf(await chainForNext(sql, base)));
  }

  setNode(num: number, node: StateNode<number>): void {
    this.#nodes.set(num, node);
  }

  async transactionUsed(sql: KeyedSql, { user_id, device_id, txn_id }: ClientTransaction): Promise<boolean> {
    const key = JSON.stringify([user_id, device_id, txn_id]);
    const known = this.#transactions.get(key);
    if (known !== undefined) return known;
    const used = (await sql.find(TRANSACTION, user_id, device_id, txn_id)) !== undefined;
    this.#transactions.set(key, used);
    return used;
  }

  setTransactionUsed({ user_id, device_id, txn_id }: ClientTransaction): void {
    this.#transactions.set(JSON.stringify([user_id, device_id, txn_id]), true);
  }

  /** Whether all that `nextNode` will load is at hand. */
  #hasChain(base: number): boolean {
    let node = this.#nodes.get(base);
    if (node === undefined) return false;
    // Without bit operators: they stop at 2^31.
    let bit = 1;
    while ((node.seq + 1) % (bit * 2) === 0) bit *= 2;
    const target = node.seq + 1 - bit;
    while (node.seq !== target) {
      if (node.parent === null) return true;
      node = this.#nodes.get(node.parent);
      if (node === undefined) return false;
    }
    return true;
  }
}
