import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaTooLargeError, StorageError } from '../errors.ts';
import type { MediaBytes } from '../ports.ts';

export interface S3Options {
  readonly bucket: string;
  /** Before each name, for example `media/`. Default none. */
  readonly prefix?: string;
  /** Of a server other than Amazon's; buckets are then part of the path. */
  readonly endpoint?: string;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Default: what the environment says (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, …). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** A folder for bytes on their way: their name, a hash, is known only once all are there. */
  readonly spool: string;
}

const NAME = /^[0-9a-f]{64}$/;

type Sdk = typeof import('@aws-sdk/client-s3');

/** What goes wrong is thrown. */
const SILENT = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Media bytes in a bucket, each object named by its SHA-256. An object is there whole or not at all; a repeated upload changes nothing. */
export class S3MediaBytes implements MediaBytes {
  readonly #config: S3ClientConfig;
  #loaded: Promise<{ readonly sdk: Sdk; readonly client: S3Client }> | undefined;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #spool: string;

  constructor({ bucket, prefix = '', endpoint, region = 'us-east-1', credentials, spool }: S3Options) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#spool = spool;
    this.#config = {
      region,
      logger: SILENT,
      // Not every server understands the checksums that the client would add by itself; the length and our own SHA-256 are sent.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(credentials === undefined ? {} : { credentials }),
    };
  }

  /** Its modules take 36 MB of memory: only who has a bucket loads them. */
  #open(): Promise<{ readonly sdk: Sdk; readonly client: S3Client }> {
    return (this.#loaded ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: new sdk.S3Client(this.#config) })));
  }

  async put(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<{ readonly sha256: string; readonly size: number }> {
    await mkdir(this.#spool, { recursive: true, mode: 0o700 });
    const folder = await mkdtemp(join(this.#spool, 'upload-'));
    const file = join(folder, 'bytes');
    try {
      const { hash, size } = await spooled(file, bytes, maxBytes);
      const sha256 = hash.toString('hex');
      if (!(await this.#has(sha256))) {
        const object = { Bucket: this.#bucket, Key: this.#prefix + sha256, ContentLength: size, ChecksumSHA256: hash.toString('base64') };
        const { sdk, client } = await this.#open();
        await client.send(new sdk.PutObjectCommand({ ...object, Body: createReadStream(file), ContentType: 'application/octet-stream' }));
      }
      return { sha256, size };
    } catch (error) {
      throw isServiceError(error) ? new StorageError('the bucket did not take the bytes', { cause: error }) : error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async get(sha256: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (!NAME.test(sha256) || !(await this.#has(sha256))) return undefined;
    const [{ sdk, client }, object] = [await this.#open(), { Bucket: this.#bucket, Key: this.#prefix + sha256 }];
    // Asked for when it is read, so that an answer which nobody reads holds no connection.
    return {
      async *[Symbol.asyncIterator]() {
        const { Body } = await client.send(new sdk.GetObjectCommand(object));
        if (Body !== undefined) yield* Body as unknown as AsyncIterable<Uint8Array>;
      },
    };
  }

  close(): void {
    void this.#loaded?.then(({ client }) => client.destroy());
  }

  async #has(sha256: string): Promise<boolean> {
    try {
      const { sdk, client } = await this.#open();
      await client.send(new sdk.HeadObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + sha256 }));
      return true;
    } catch (error) {
      if (isServiceError(error) && error.$metadata.httpStatusCode === 404) return false;
      throw new StorageError('the bucket cannot be read', { cause: error });
    }
  }
}

/** What the service answered, as against what went wrong on the way to it. */
function isServiceError(error: unknown): error is Error & { readonly $metadata: { readonly httpStatusCode?: number } } {
  return error instanceof Error && '$metadata' in error && '$fault' in error;
}

async function spooled(file: string, bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<{ hash: Buffer; size: number }> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > maxBytes) throw new MediaTooLargeError(maxBytes);
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    return { hash: hash.digest(), size };
  } finally {
    await handle.close();
  }
}
