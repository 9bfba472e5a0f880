import Database from 'better-sqlite3';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { once } from 'node:events';
import { StorageError } from '../errors.ts';
import { isPostgresUrl, openStore } from '../open-store.ts';
import { HELD_ROOMS } from '../runner/held-rooms.ts';
import type { SqlStore } from '../sql/sql-store.ts';
import { DATABASE_FILE } from '../sqlite/sqlite-store.ts';
import { openDatabase } from '../sqlite/open-database.ts';
import { dumpStore } from './dump.ts';
import { loadStore } from './load.ts';
import { readLines } from './read-lines.ts';
import { type Progress, TOLD_COUNTERS } from './tables.ts';

/**
 * How far positions and sequences jump when a backup comes back: what was given out after the backup was made is never given out again. 2^53 holds
 * 8,192 of these steps.
 */
const GENERATION = 2 ** 40;
/** Pages copied before others may write. */
const PAGES_PER_STEP = 512;

/**
 * A copy of a store as it is at one moment, while others use it. Of an SQLite folder: a database file; of Postgres: a dump. The file has its name only once it is
 * whole and on disk.
 */
export async function backupStore(place: string, file: string, progress: Progress = () => undefined): Promise<void> {
  const temporary = `${file}.part`;
  await rm(temporary, { force: true });
  if (isPostgresUrl(place)) {
    const store = await openStore(place);
    try {
      await dumpToFile(store, temporary, progress);
    } finally {
      await store.close();
    }
  } else {
    await copyDatabase(join(place.replace(/^sqlite:/, ''), DATABASE_FILE), temporary, progress);
  }
  await syncFile(temporary);
  await rename(temporary, file);
  await syncFile(dirname(resolve(file)));
}

async function copyDatabase(source: string, target: string, progress: Progress): Promise<void> {
  const db = new Database(source, { readonly: true, fileMustExist: true });
  try {
    await db.backup(target, {
      progress: ({ totalPages, remainingPages }) => {
        progress('pages', totalPages - remainingPages, totalPages);
        return PAGES_PER_STEP;
      },
    });
  } finally {
    db.close();
  }
  const copy = new Database(target);
  try {
    // One file, without a log beside it.
    copy.pragma('journal_mode = DELETE');
    const result = copy.pragma('integrity_check', { simple: true });
    if (result !== 'ok') throw new StorageError(`the copy is damaged: ${String(result)}`);
  } finally {
    copy.close();
  }
}

/**
 * Makes a store of a backup (a database file or a dump), in an empty place. Nothing that may have happened after the backup happens again: positions and
 * sequences go on far beyond those that the backup knows; every room is held until others have returned what this server made in it (ENG-15, `HeldRooms`); access
 * tokens are gone, since some may have been revoked, and codes with a number of uses are revoked, since they may be used up; one-time keys count as claimed. The store says that it was restored
 * (`values`, space `store`, key `restored`).
 */
export async function restoreStore(file: string, place: string, now: number, progress: Progress = () => undefined): Promise<void> {
  await access(file);
  if (await isDatabase(file)) {
    if (isPostgresUrl(place)) throw new StorageError('a database file is restored to a folder; for Postgres, dump it and load the dump');
    await placeDatabase(file, place.replace(/^sqlite:/, ''));
  }
  const store = await openStore(place);
  try {
    if (!(await isDatabase(file))) await loadFromFile(store, file, progress);
    await store.committer.run(async (tx) => {
      for (const counter of TOLD_COUNTERS) tx.raise(counter, (Math.floor(tx.last(counter) / GENERATION) + 1) * GENERATION);
      const restored = { restored_ts: now, positions_from: tx.last('stream') };
      await tx.put('key_values', { space: 'store', key: 'restored', value: JSON.stringify(restored) }, ['space', 'key']);
      await tx.run('DELETE FROM key_values WHERE space = ?', HELD_ROOMS);
      await tx.run("INSERT INTO key_values (space, key, value) SELECT ?, room_id, '{}' FROM rooms", HELD_ROOMS);
      await tx.run('DELETE FROM tokens');
      await tx.run('UPDATE one_time_keys SET claimed = 1');
      await tx.run('UPDATE invite_codes SET revoked = 1 WHERE max_uses IS NOT NULL');
      for (const table of ['key_values', 'tokens', 'one_time_keys', 'invite_codes'] as const) await tx.sumAgain(table);
    });
  } finally {
    await store.close();
  }
}

async function placeDatabase(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  if (names.some((name) => name.startsWith(DATABASE_FILE))) throw new StorageError(`there is a store in ${folder} already`);
  // What is no store, or a newer one, is refused before anything is put in place.
  const temporary = join(folder, `${basename(file)}.part`);
  await copyFile(file, temporary);
  try {
    openDatabase(temporary).close();
    await syncFile(temporary);
    await rename(temporary, join(folder, DATABASE_FILE));
    await syncFile(folder);
  } finally {
    for (const end of ['', '-wal', '-shm']) await rm(temporary + end, { force: true });
  }
}

export async function dumpToFile(store: SqlStore, file: string, progress: Progress = () => undefined): Promise<void> {
  const out = createWriteStream(file, { mode: 0o600 });
  await dumpStore(
    store,
    async (text) => {
      if (!out.write(text)) await once(out, 'drain');
    },
    progress,
  );
  out.end();
  await once(out, 'close');
}

export async function loadFromFile(store: SqlStore, file: string, progress: Progress = () => undefined): Promise<void> {
  await loadStore(store, readLines(createReadStream(file)), progress);
}

async function isDatabase(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.toString('latin1').startsWith('SQLite format 3');
  } finally {
    await handle.close();
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
