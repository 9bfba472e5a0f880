import type Database from 'better-sqlite3';
import type { JsonObject } from '@openguild/core';
import type { InboundTransaction, InboundTransactions, KeyValueStore, MediaIndex, MediaRecord } from '../ports.ts';
import type { Committer } from './committer.ts';

type InboundRow = Omit<InboundTransaction, 'response'> & { readonly response: string };

export function sqliteInbound(db: Database.Database, committer: Committer): InboundTransactions {
  const find = db.prepare<[string, string], InboundRow>(
    'SELECT origin, txn_id, body_hash, response, received_ts FROM inbound_transactions WHERE origin = ? AND txn_id = ?',
  );
  const add = db.prepare(
    'INSERT OR IGNORE INTO inbound_transactions (origin, txn_id, body_hash, response, received_ts) VALUES (?, ?, ?, ?, ?)',
  );
  const prune = db.prepare('DELETE FROM inbound_transactions WHERE received_ts < ?');
  return {
    find: async (origin, txnId) => {
      const row = find.get(origin, txnId);
      return row === undefined ? undefined : { ...row, response: JSON.parse(row.response) as JsonObject };
    },
    add: ({ origin, txn_id, body_hash, response, received_ts }) =>
      committer.run(() => void add.run(origin, txn_id, body_hash, JSON.stringify(response), received_ts)),
    prune: (before) => committer.run(() => prune.run(before).changes),
  };
}

export function sqliteMediaIndex(db: Database.Database, committer: Committer): MediaIndex {
  const columns = 'server, media_id, content_type, size, sha256, file_name, uploader, created_ts';
  const find = db.prepare<[string, string], MediaRecord>(`SELECT ${columns} FROM media WHERE server = ? AND media_id = ?`);
  const add = db.prepare(`INSERT OR IGNORE INTO media (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  return {
    find: async (server, mediaId) => find.get(server, mediaId),
    add: ({ server, media_id, content_type, size, sha256, file_name, uploader, created_ts }) =>
      committer.run(() => void add.run(server, media_id, content_type, size, sha256, file_name, uploader, created_ts)),
  };
}

export function sqliteValues(db: Database.Database, committer: Committer): KeyValueStore {
  const get = db.prepare<[string, string], { value: string }>('SELECT value FROM key_values WHERE space = ? AND key = ?');
  const set = db.prepare('INSERT OR REPLACE INTO key_values (space, key, value) VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM key_values WHERE space = ? AND key = ?');
  const entries = db.prepare<[string], { key: string; value: string }>('SELECT key, value FROM key_values WHERE space = ? ORDER BY key');
  const read = (value: string): JsonObject => JSON.parse(value) as JsonObject;
  return {
    get: async (space, key) => {
      const row = get.get(space, key);
      return row === undefined ? undefined : read(row.value);
    },
    set: (space, key, value) => committer.run(() => void set.run(space, key, JSON.stringify(value))),
    remove: (space, key) => committer.run(() => remove.run(space, key).changes > 0),
    entries: async (space) => entries.all(space).map((row) => [row.key, read(row.value)] as const),
  };
}
