import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileMediaBytes, MediaTooLargeError } from '@openguild/storage';
import { temporaryFolder } from '../temporary-folder.ts';

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function read(bytes: AsyncIterable<Uint8Array> | undefined): Promise<Buffer | undefined> {
  if (bytes === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('media bytes in a folder', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let media: FileMediaBytes;
  beforeEach(async () => {
    folder = await temporaryFolder();
    media = new FileMediaBytes(join(folder.path, 'media'));
  });
  afterEach(() => folder.remove());
  const incoming = (): Promise<string[]> => readdir(join(folder.path, 'media', 'incoming'));

  it('gives back what was put in, under its hash', async () => {
    const parts = [randomBytes(70_000), Buffer.alloc(0), randomBytes(1)];
    const whole = Buffer.concat(parts);
    const stored = await media.put(chunks(...parts), whole.length);
    expect(stored).to.deep.equal({ sha256: sha256(whole), size: whole.length });
    expect((await read(await media.get(stored.sha256)))?.equals(whole)).to.equal(true);
    expect((await read(await new FileMediaBytes(join(folder.path, 'media')).get(stored.sha256)))?.equals(whole)).to.equal(true);
    expect(await incoming()).to.deep.equal([]);
  });

  it('takes nothing, and the same twice, also at the same time', async () => {
    const empty = await media.put(chunks(), 10);
    expect(await read(await media.get(empty.sha256))).to.have.length(0);
    const same = await Promise.all([1, 2, 3].map(() => media.put(chunks(Buffer.from('same')), 10)));
    expect(new Set(same.map((one) => one.sha256)).size).to.equal(1);
    expect(String(await read(await media.get(same[0]?.sha256 ?? '')))).to.equal('same');
  });

  it('refuses what is longer than allowed while it comes, stops its source, and keeps nothing', async () => {
    let sent = 0;
    let stopped = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          sent += 1_000;
          yield randomBytes(1_000);
        }
      } finally {
        stopped = true;
      }
    }
    const error = await media.put(endless(), 10_500).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MediaTooLargeError).with.property('limit', 10_500);
    expect(sent).to.equal(11_000);
    expect(stopped).to.equal(true);
    expect(await incoming()).to.deep.equal([]);
    expect(await readdir(join(folder.path, 'media'))).to.deep.equal(['incoming']);
  });

  it('keeps nothing of a source that breaks off', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('connection lost');
    }
    expect(await media.put(broken(), 100).catch((error: unknown) => error)).to.have.property('message', 'connection lost');
    expect(await incoming()).to.deep.equal([]);
    expect(await media.get(sha256(Buffer.from('half')))).to.equal(undefined);
  });

  it('knows no name that is not a hash', async () => {
    await media.put(chunks(Buffer.from('x')), 10);
    await writeFile(join(folder.path, 'secret'), 'secret');
    const hash = sha256(Buffer.from('x'));
    const names = [
      '',
      '..',
      '../secret',
      '../../etc/passwd',
      `${hash}/../${hash}`,
      hash.toUpperCase(),
      `${hash}\0`,
      hash.slice(1),
      `${hash}\n`,
      'g'.repeat(64),
    ];
    for (const name of names) expect(await media.get(name), JSON.stringify(name)).to.equal(undefined);
    expect(await media.get('0'.repeat(64))).to.equal(undefined);
  });

  it('clears what a crash left half-written', async () => {
    await mkdir(join(folder.path, 'media', 'incoming'), { recursive: true });
    await writeFile(join(folder.path, 'media', 'incoming', '0'), 'half');
    const { sha256: name } = await media.put(chunks(Buffer.from('whole')), 10);
    expect(await incoming()).to.deep.equal([]);
    const file = join(folder.path, 'media', name.slice(0, 2), name);
    expect(String(await readFile(file))).to.equal('whole');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });
});
