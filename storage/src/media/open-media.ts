import { StorageError } from '../errors.ts';
import type { MediaBytes } from '../ports.ts';
import { FileMediaBytes } from './file-media-bytes.ts';
import { S3MediaBytes } from './s3-media-bytes.ts';

/**
 * Media bytes by their place: a folder, or `s3://bucket/prefix?endpoint=https://…&region=…` with the credentials of the environment. `spool`: a folder for uploads on their
 * way to a bucket.
 */
export function openMediaBytes(place: string, spool: string): MediaBytes {
  if (!isS3Url(place)) return new FileMediaBytes(place);
  if (!URL.canParse(place)) throw new StorageError(`${place} cannot be read; it should be like s3://bucket/prefix?endpoint=https://…`);
  const url = new URL(place);
  const [endpoint, region] = [url.searchParams.get('endpoint'), url.searchParams.get('region')];
  return new S3MediaBytes({
    bucket: url.hostname,
    prefix: url.pathname.slice(1),
    spool,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
  });
}

export function isS3Url(place: string): boolean {
  return place.startsWith('s3://');
}
