import type { JsonObject } from '@openguild/core';
import { UnknownEventError } from '../errors.ts';
import type { DestinationState, OutgoingItem, OutgoingQueue } from '../ports.ts';
import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';
import type { WriteTransaction } from './write-transaction.ts';

type ItemRow = Omit<OutgoingItem, 'pdu'> & { readonly pdu: string };

export class SqlOutgoing implements OutgoingQueue {
  readonly #reader: Sql;
  readonly #committer: Committer;

  constructor(reader: Sql, committer: Committer) {
    this.#reader = reader;
    this.#committer = committer;
  }

  enqueue(destination: string, roomId: string, eventIds: readonly string[]): Promise<void> {
    const find = 'SELECT e.num FROM events e JOIN rooms r ON r.num = e.room WHERE r.room_id = ? AND e.event_id = ?';
    return this.#committer.run(async (tx) => {
      const rows = await Promise.all(eventIds.map((id) => tx.get<{ num: number }>(find, roomId, id)));
      const unknown = eventIds.filter((_, index) => rows[index] === undefined);
      if (unknown.length > 0) throw new UnknownEventError(roomId, unknown);
      for (const row of rows) await enqueue(tx, destination, row?.num ?? 0, false);
    });
  }

  async destinations(): Promise<readonly string[]> {
    const rows = await this.#reader.all<{ destination: string }>('SELECT DISTINCT destination FROM outgoing');
    return rows.map((row) => row.destination);
  }

  async peek(destination: string, limit: number): Promise<readonly OutgoingItem[]> {
    const rows = await this.#reader.all<ItemRow>(
      `SELECT o.sequence, r.room_id, e.event_id, e.pdu FROM outgoing o
      JOIN events e ON e.num = o.event JOIN rooms r ON r.num = e.room WHERE o.destination = ? ORDER BY o.sequence LIMIT ?`,
      destination,
      limit,
    );
    return rows.map((row) => ({ ...row, pdu: JSON.parse(row.pdu) as JsonObject }));
  }

  delivered(destination: string, sequence: number): Promise<void> {
    return this.#committer.run(async (tx) => {
      await tx.remove('outgoing', 'destination = ? AND sequence <= ?', destination, sequence);
      await tx.remove('destinations', 'destination = ?', destination);
    });
  }

  async state(destination: string): Promise<DestinationState> {
    const find = 'SELECT failures, retry_at FROM destinations WHERE destination = ?';
    return (await this.#reader.get<DestinationState>(find, destination)) ?? { failures: 0, retry_at: 0 };
  }

  setState(destination: string, { failures, retry_at }: DestinationState): Promise<void> {
    return this.#committer.run((tx) => tx.put('destinations', { destination, failures, retry_at }, ['destination']));
  }
}

/** Puts an event in a queue, unless it waits there. `fresh`: it was just stored, so it cannot. */
export async function enqueue(tx: WriteTransaction, destination: string, event: number, fresh: boolean): Promise<void> {
  const row = { sequence: tx.next('outgoing'), destination, event };
  if (fresh) tx.insert('outgoing', row);
  else await tx.insertNew('outgoing', row);
}
