import { base58encode, isServerName } from '@openguild/core';
import { MediaTooLargeError } from '@openguild/storage';
import type { MediaBytes, MediaIndex, MediaRecord } from '@openguild/storage';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import { SNIFF_BYTES, cleanFileName, sniff } from './media-type.ts';

/** Media of other servers. */
export interface RemoteMedia {
  media(
    server: string,
    mediaId: string,
  ): Promise<{ readonly body: AsyncIterable<Uint8Array>; readonly fileName: string | null } | undefined>;
}

export interface MediaFile {
  readonly record: MediaRecord;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface PeerFile {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string;
  readonly size: number;
  readonly fileName: string | null;
}

export interface MediaParts {
  readonly index: MediaIndex;
  readonly bytes: MediaBytes;
  readonly remote: RemoteMedia;
  readonly platform: Platform;
  readonly serverName: string;
  readonly maxBytes: number;
}

const ID_BYTES = 24;
const MEDIA_ID = /^[1-9A-HJ-NP-Za-km-z]{16,64}$/;

/** Files that people share. IDs cannot be guessed: whoever has one may have the file. */
export class Media {
  readonly #parts: MediaParts;
  readonly #fetching = new Map<string, Promise<MediaRecord>>();

  constructor(parts: MediaParts) {
    this.#parts = parts;
  }

  async upload(uploader: string, bytes: AsyncIterable<Uint8Array>, fileName: string | undefined): Promise<MediaRecord> {
    const mediaId = base58encode(this.#parts.platform.randomBytes(ID_BYTES));
    return this.#keep(this.#parts.serverName, mediaId, bytes, fileName === undefined ? null : cleanFileName(fileName), uploader);
  }

  /** A file by its address; of another server it is fetched once and kept. NOT_FOUND for what does not exist or is no address. */
  async open(server: string, mediaId: string): Promise<MediaFile> {
    const missing = new HostError('NOT_FOUND', 'there is no such file');
    if (!isServerName(server) || !MEDIA_ID.test(mediaId)) throw missing;
    const known = await this.#parts.index.find(server, mediaId);
    if (known === undefined && server === this.#parts.serverName) throw missing;
    const record = known ?? (await this.#fetchOnce(server, mediaId));
    const bytes = await this.#parts.bytes.get(record.sha256);
    if (bytes === undefined) throw missing;
    return { record, bytes };
  }

  /** A file of this server, for other servers. */
  async forPeer(mediaId: string): Promise<PeerFile | undefined> {
    const { index, bytes, serverName } = this.#parts;
    const record = MEDIA_ID.test(mediaId) ? await index.find(serverName, mediaId) : undefined;
    const body = record === undefined ? undefined : await bytes.get(record.sha256);
    if (record === undefined || body === undefined) return undefined;
    return { body, contentType: record.content_type, size: record.size, fileName: record.file_name };
  }

  /** Many may ask for the same new file at once; it is fetched for all of them together. */
  async #fetchOnce(server: string, mediaId: string): Promise<MediaRecord> {
    const key = `${server}/${mediaId}`;
    const running = this.#fetching.get(key) ?? this.#fetch(server, mediaId).finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, running);
    return running;
  }

  async #fetch(server: string, mediaId: string): Promise<MediaRecord> {
    const found = await this.#parts.remote.media(server, mediaId);
    if (found === undefined) throw new HostError('NOT_FOUND', 'there is no such file');
    return this.#keep(server, mediaId, found.body, found.fileName === null ? null : cleanFileName(found.fileName), null);
  }

  async #keep(
    server: string,
    mediaId: string,
    bytes: AsyncIterable<Uint8Array>,
    fileName: string | null,
    uploader: string | null,
  ): Promise<MediaRecord> {
    const start = new StartOf(bytes);
    const { sha256, size } = await this.#store(start);
    const record: MediaRecord = {
      server,
      media_id: mediaId,
      content_type: await sniff(start.first()),
      size,
      sha256,
      file_name: fileName,
      uploader,
      created_ts: this.#parts.platform.now(),
    };
    await this.#parts.index.add(record);
    return record;
  }

  async #store(bytes: AsyncIterable<Uint8Array>): Promise<{ readonly sha256: string; readonly size: number }> {
    try {
      return await this.#parts.bytes.put(bytes, this.#parts.maxBytes);
    } catch (error) {
      if (error instanceof MediaTooLargeError)
        throw new HostError('TOO_LARGE', `a file may have at most ${this.#parts.maxBytes} bytes`, { cause: error });
      throw error;
    }
  }
}

/** Passes bytes on and keeps the first of them for the sniffer. */
class StartOf implements AsyncIterable<Uint8Array> {
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #kept: Uint8Array[] = [];
  #size = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes;
  }

  first(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#kept));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#bytes) {
      if (this.#size < SNIFF_BYTES) this.#kept.push(chunk.slice(0, SNIFF_BYTES - this.#size));
      this.#size += chunk.length;
      yield chunk;
    }
  }
}
