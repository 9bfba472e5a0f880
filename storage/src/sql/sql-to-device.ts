import type { JsonObject } from '@openguild/core';
import { MAX_WAITING_MESSAGES, type ToDeviceQueue, type WaitingMessage } from '../ports.ts';
import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';
import { isDevice } from './sql-devices.ts';

type Added = Parameters<ToDeviceQueue['add']>[0][number];
type Row = Omit<WaitingMessage, 'content'> & { readonly content: string };

/** Messages to devices in SQL. */
export class SqlToDevice implements ToDeviceQueue {
  readonly #reader: Sql;
  readonly #committer: Committer;

  constructor(reader: Sql, committer: Committer) {
    this.#reader = reader;
    this.#committer = committer;
  }

  add(messages: readonly Added[]): Promise<readonly ('queued' | 'unknown' | 'full')[]> {
    return this.#committer.run(async (tx) => {
      /** Places left for each device; undefined: there is no such device. */
      const places = new Map<string, number | undefined>();
      const results: ('queued' | 'unknown' | 'full')[] = [];
      for (const { user_id, device_id, sender, type, content } of messages) {
        const key = JSON.stringify([user_id, device_id]);
        if (!places.has(key)) places.set(key, await placesLeft(tx, user_id, device_id));
        const left = places.get(key);
        if (left !== undefined && left > 0) {
          const row = { position: tx.next('to_device'), user_id, device_id, sender, type };
          tx.insert('to_device', { ...row, content: JSON.stringify(content) });
          places.set(key, left - 1);
        }
        results.push(left === undefined ? 'unknown' : left > 0 ? 'queued' : 'full');
      }
      return results;
    });
  }

  async read(userId: string, deviceId: string, after: number, limit: number): Promise<readonly WaitingMessage[]> {
    const rows = await this.#reader.all<Row>(
      'SELECT position, sender, type, content FROM to_device WHERE user_id = ? AND device_id = ? AND position > ? ORDER BY position LIMIT ?',
      userId,
      deviceId,
      after,
      limit,
    );
    return rows.map((row) => ({ ...row, content: JSON.parse(row.content) as JsonObject }));
  }

  acknowledge(userId: string, deviceId: string, upTo: number): Promise<number> {
    return this.#committer.run((tx) => tx.remove('to_device', 'user_id = ? AND device_id = ? AND position <= ?', userId, deviceId, upTo));
  }
}

async function placesLeft(sql: Sql, userId: string, deviceId: string): Promise<number | undefined> {
  if (!(await isDevice(sql, userId, deviceId))) return undefined;
  const row = await sql.get<{ n: number }>('SELECT count(*) AS n FROM to_device WHERE user_id = ? AND device_id = ?', userId, deviceId);
  return MAX_WAITING_MESSAGES - (row?.n ?? 0);
}
