import type Database from 'better-sqlite3';
import type { JsonObject } from '@openguild/core';
import { UnknownEventError } from '../errors.ts';
import type { DestinationState, OutgoingItem, OutgoingQueue } from '../ports.ts';
import type { Committer } from './committer.ts';

type ItemRow = Omit<OutgoingItem, 'pdu'> & { readonly pdu: string };

export class SqliteOutgoing implements OutgoingQueue {
  readonly #committer: Committer;
  readonly #sql;

  constructor(db: Database.Database, committer: Committer) {
    this.#committer = committer;
    this.#sql = prepare(db);
  }

  enqueue(destination: string, roomId: string, eventIds: readonly string[]): Promise<void> {
    return this.#committer.run(() => {
      const nums = eventIds.map((id) => this.#sql.event.get(roomId, id)?.num);
      const unknown = eventIds.filter((_, index) => nums[index] === undefined);
      if (unknown.length > 0) throw new UnknownEventError(roomId, unknown);
      for (const num of nums) this.#sql.add.run(destination, num);
    });
  }

  async destinations(): Promise<readonly string[]> {
    return this.#sql.destinations.all().map((row) => row.destination);
  }

  async peek(destination: string, limit: number): Promise<readonly OutgoingItem[]> {
    return this.#sql.peek.all(destination, limit).map((row) => ({ ...row, pdu: JSON.parse(row.pdu) as JsonObject }));
  }

  delivered(destination: string, sequence: number): Promise<void> {
    return this.#committer.run(() => {
      this.#sql.remove.run(destination, sequence);
      this.#sql.forget.run(destination);
    });
  }

  async state(destination: string): Promise<DestinationState> {
    return this.#sql.state.get(destination) ?? { failures: 0, retry_at: 0 };
  }

  setState(destination: string, { failures, retry_at }: DestinationState): Promise<void> {
    return this.#committer.run(() => void this.#sql.setState.run(destination, failures, retry_at));
  }
}

function prepare(db: Database.Database) {
  return {
    event: db.prepare<[string, string], { num: number }>(
      'SELECT e.num FROM events e JOIN rooms r ON r.num = e.room WHERE r.room_id = ? AND e.event_id = ?',
    ),
    add: db.prepare('INSERT OR IGNORE INTO outgoing (destination, event) VALUES (?, ?)'),
    destinations: db.prepare<[], { destination: string }>('SELECT DISTINCT destination FROM outgoing'),
    peek: db.prepare<[string, number], ItemRow>(`SELECT o.sequence, r.room_id, e.event_id, e.pdu FROM outgoing o
      JOIN events e ON e.num = o.event JOIN rooms r ON r.num = e.room WHERE o.destination = ? ORDER BY o.sequence LIMIT ?`),
    remove: db.prepare('DELETE FROM outgoing WHERE destination = ? AND sequence <= ?'),
    forget: db.prepare('DELETE FROM destinations WHERE destination = ?'),
    state: db.prepare<[string], DestinationState>('SELECT failures, retry_at FROM destinations WHERE destination = ?'),
    setState: db.prepare('INSERT OR REPLACE INTO destinations (destination, failures, retry_at) VALUES (?, ?, ?)'),
  };
}
