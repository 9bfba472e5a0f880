import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaTooLargeError, StorageError } from '../errors.ts';
import type { MediaBytes } from '../ports.ts';

/** A name is checked before it becomes part of a path: nothing that a stranger sends leads out of the folder. */
const NAME = /^[0-9a-f]{64}$/;
const INCOMING = 'incoming';

/**
 * Media bytes in a folder: `ab/abcd…`, each file named by its SHA-256. A file has its name only once all of it is on disk, so a crash leaves nothing but
 * a nameless file in `incoming/`, which is emptied at the first use. One process at a time; the lock of the data folder sees to that.
 */
export class FileMediaBytes implements MediaBytes {
  readonly #folder: string;
  #ready: Promise<void> | undefined;
  #count = 0;

  /** The folder is made, for this user alone, when something is stored. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<{ readonly sha256: string; readonly size: number }> {
    await (this.#ready ??= this.#prepare());
    const temporary = join(this.#folder, INCOMING, String(this.#count++));
    try {
      const written = await writeNew(temporary, bytes, maxBytes);
      const folder = join(this.#folder, written.sha256.slice(0, 2));
      if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(this.#folder);
      await rename(temporary, join(folder, written.sha256));
      await syncFolder(folder);
      return written;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async get(sha256: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (!NAME.test(sha256)) return undefined;
    const file = join(this.#folder, sha256.slice(0, 2), sha256);
    try {
      if (!(await stat(file)).isFile()) return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new StorageError('media bytes cannot be read', { cause: error });
    }
    // Opened when it is read, so that an answer which nobody reads holds no file open.
    return { [Symbol.asyncIterator]: () => createReadStream(file)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> };
  }

  async #prepare(): Promise<void> {
    const incoming = join(this.#folder, INCOMING);
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming, { recursive: true, mode: 0o700 });
  }
}

/** Writes a new file and waits until it is on disk. */
async function writeNew(file: string, bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<{ sha256: string; size: number }> {
  const handle: FileHandle = await open(file, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > maxBytes) throw new MediaTooLargeError(maxBytes);
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
    return { sha256: hash.digest('hex'), size };
  } finally {
    await handle.close();
  }
}

/** A new name in a folder is on disk only once the folder is. Windows has no such call, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
