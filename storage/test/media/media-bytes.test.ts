import { expect } from 'chai';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FileMediaBytes, openMediaBytes, S3MediaBytes } from '@openguild/storage';
import { mediaContract } from '@openguild/storage/contract';
import { temporaryFolder } from '../temporary-folder.ts';

/** What is used of the S3 test server, which brings no types. */
interface S3rver {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}
type S3rverClass = new (options: object) => S3rver;

const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

mediaContract('a folder', async () => {
  const folder = await temporaryFolder();
  const stored = async (): Promise<number> => {
    const names = await readdir(join(folder.path, 'media'), { recursive: true, withFileTypes: true });
    return names.filter((entry) => entry.isFile()).length;
  };
  return { media: new FileMediaBytes(join(folder.path, 'media')), stored, dispose: () => folder.remove() };
});

describe('media bytes in a bucket', () => {
  let server: S3rver;
  let endpoint: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let buckets = 0;
  before(async () => {
    const Server = createRequire(import.meta.url)('s3rver') as S3rverClass;
    folder = await temporaryFolder();
    const bucketsAtStart = Array.from({ length: 10 }, (_, i) => ({ name: `bucket${i}` }));
    server = new Server({
      port: 0,
      address: '127.0.0.1',
      silent: true,
      directory: join(folder.path, 's3'),
      configureBuckets: bucketsAtStart,
    });
    endpoint = `http://127.0.0.1:${(await server.run()).port}`;
  });
  after(async () => {
    await server.close();
    await folder.remove();
  });

  mediaContract('S3', async () => {
    const bucket = `bucket${buckets++}`;
    const spool = join(folder.path, `spool-${bucket}`);
    const media = new S3MediaBytes({ bucket, prefix: 'media/', endpoint, credentials: CREDENTIALS, spool });
    const stored = async (): Promise<number> => {
      expect(await readdir(spool)).to.deep.equal([]);
      const names = await readdir(join(folder.path, 's3', bucket), { recursive: true }).catch(() => []);
      return names.filter((name) => name.endsWith('_object')).length;
    };
    return { media, stored, dispose: async () => media.close() };
  });

  it('says that the bucket is the matter when it is', async () => {
    const media = new S3MediaBytes({ bucket: 'nowhere', endpoint, credentials: CREDENTIALS, spool: join(folder.path, 'spool') });
    const error = await media.put((async function* () {})(), 1).catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'the bucket did not take the bytes');
    media.close();
  });

  it('is chosen by a URL', () => {
    expect(openMediaBytes('s3://bucket/prefix/?endpoint=http://127.0.0.1:9', folder.path)).to.be.instanceOf(S3MediaBytes);
    expect(openMediaBytes(join(folder.path, 'media'), folder.path)).to.be.instanceOf(FileMediaBytes);
  });
});
