import type { JsonObject } from '@openguild/core';
import type { InboundTransaction, InboundTransactions, KeyValueStore, MediaIndex, MediaRecord } from '../ports.ts';
import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';

type InboundRow = Omit<InboundTransaction, 'response'> & { readonly response: string };

export function sqlInbound(reader: Sql, committer: Committer): InboundTransactions {
  const columns = 'origin, txn_id, body_hash, response, received_ts';
  const find = `SELECT ${columns} FROM inbound_transactions WHERE origin = ? AND txn_id = ?`;
  return {
    find: async (origin, txnId) => {
      const row = await reader.get<InboundRow>(find, origin, txnId);
      return row === undefined ? undefined : { ...row, response: JSON.parse(row.response) as JsonObject };
    },
    add: ({ origin, txn_id, body_hash, response, received_ts }) =>
      committer.run(async (tx) => {
        await tx.insertNew('inbound_transactions', { origin, txn_id, body_hash, response: JSON.stringify(response), received_ts });
      }),
    prune: (before) => committer.run((tx) => tx.remove('inbound_transactions', 'received_ts < ?', before)),
  };
}

export function sqlMediaIndex(reader: Sql, committer: Committer): MediaIndex {
  const columns = 'server, media_id, content_type, size, sha256, file_name, uploader, created_ts';
  return {
    find: (server, mediaId) => reader.get<MediaRecord>(`SELECT ${columns} FROM media WHERE server = ? AND media_id = ?`, server, mediaId),
    add: ({ server, media_id, content_type, size, sha256, file_name, uploader, created_ts }) =>
      committer.run(async (tx) => {
        await tx.insertNew('media', { server, media_id, content_type, size, sha256, file_name, uploader, created_ts });
      }),
  };
}

export function sqlValues(reader: Sql, committer: Committer): KeyValueStore {
  const read = (value: string): JsonObject => JSON.parse(value) as JsonObject;
  return {
    get: async (space, key) => {
      const row = await reader.get<{ value: string }>('SELECT value FROM key_values WHERE space = ? AND key = ?', space, key);
      return row === undefined ? undefined : read(row.value);
    },
    set: (space, key, value) => committer.run((tx) => tx.put('key_values', { space, key, value: JSON.stringify(value) }, ['space', 'key'])),
    remove: (space, key) => committer.run(async (tx) => (await tx.remove('key_values', 'space = ? AND key = ?', space, key)) > 0),
    entries: async (space) => {
      const rows = await reader.all<{ key: string; value: string }>(
        'SELECT key, value FROM key_values WHERE space = ? ORDER BY key',
        space,
      );
      return rows.map((row) => [row.key, read(row.value)] as const);
    },
  };
}
