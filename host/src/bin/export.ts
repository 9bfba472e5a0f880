import { createWriteStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Signer } from '@openguild/core';
import { DATABASE_FILE, openStore, RoomRunner, verifyWithNode } from '@openguild/storage';
import { Redactions } from '../services/redactions.ts';
import { RoomExports } from '../services/room-export.ts';
import { Rooms } from '../services/rooms.ts';

export interface ExportOptions {
  readonly data?: string;
  readonly out?: string;
}

const NOBODY: Signer = {
  key_id: '',
  sign: () => {
    throw new Error('an export signs nothing');
  },
};

/** `openguild export ROOM`: a room of a data folder, without a host. Exit code 1 if it cannot be done. */
export async function exportRoom(roomId: string, options: ExportOptions): Promise<void> {
  const folder = options.data ?? process.env['OPENGUILD_DATA'] ?? 'data';
  try {
    const database = options.data === undefined ? process.env['OPENGUILD_DATABASE'] : undefined;
    // Opening a store makes its folder: a misspelt one must not be left behind.
    if (database === undefined) await access(join(folder, DATABASE_FILE));
    const store = await openStore(database ?? folder);
    try {
      const runner = new RoomRunner({ store, verify: verifyWithNode, fetchMissing: async () => [], now: () => Date.now(), ownServer: '' });
      const rooms = new Rooms(runner, store, NOBODY);
      const exports = new RoomExports({ rooms, store: store.rooms, redactions: new Redactions(rooms, store) });
      await exports.requireHistory(roomId);
      await write(exports.chunks(roomId), options.out);
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(`openguild: cannot export ${roomId}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function write(chunks: AsyncIterable<Uint8Array>, file: string | undefined): Promise<void> {
  const source = Readable.from(chunks);
  if (file === undefined) await pipeline(source, process.stdout, { end: false });
  else if (file.endsWith('.gz')) await pipeline(source, createGzip(), createWriteStream(file));
  else await pipeline(source, createWriteStream(file));
}
