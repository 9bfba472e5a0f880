import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileMediaBytes } from '@openguild/storage';
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
