import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { MediaTooLargeError } from '../errors.ts';
import type { MediaBytes } from '../ports.ts';

export interface TestedMedia {
  readonly media: MediaBytes;
  /** Number of objects that are stored, in whatever state. */
  stored(): Promise<number>;
  dispose(): Promise<void>;
}

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function read(bytes: AsyncIterable<Uint8Array> | undefined): Promise<Buffer | undefined> {
  if (bytes === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

/** Bytes of all values. */
function sample(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) % 256));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Declares the tests that every store of media bytes must pass. */
export function mediaContract(name: string, makeMedia: () => Promise<TestedMedia>): void {
  describe(`media contract: ${name}`, () => {
    let tested: TestedMedia;
    let media: MediaBytes;
    beforeEach(async () => {
      tested = await makeMedia();
      media = tested.media;
    });
    afterEach(() => tested.dispose());

    it('gives back what was put in, under its hash, as often as asked', async () => {
      const parts = [sample(70_000), Buffer.alloc(0), sample(1), sample(300_000)];
      const whole = Buffer.concat(parts);
      const stored = await media.put(chunks(...parts), whole.length);
      expect(stored).to.deep.equal({ sha256: sha256(whole), size: whole.length });
      const found = await media.get(stored.sha256);
      for (let i = 0; i < 2; i++) expect((await read(found))?.equals(whole)).to.equal(true);
    });

    it('takes nothing, and the same twice, also at the same time', async () => {
      const empty = await media.put(chunks(), 10);
      expect(await read(await media.get(empty.sha256))).to.have.length(0);
      const same = await Promise.all([1, 2, 3].map(() => media.put(chunks(Buffer.from('same')), 10)));
      expect(new Set(same.map((one) => one.sha256)).size).to.equal(1);
      expect(String(await read(await media.get(same[0]?.sha256 ?? '')))).to.equal('same');
      expect(await tested.stored()).to.equal(2);
    });

    it('refuses what is longer than allowed while it comes, stops its source, and keeps nothing', async () => {
      let sent = 0;
      let stopped = false;
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) {
            sent += 1_000;
            yield sample(1_000);
          }
        } finally {
          stopped = true;
        }
      }
      const error = await media.put(endless(), 10_500).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(MediaTooLargeError).with.property('limit', 10_500);
      expect(sent).to.equal(11_000);
      expect(stopped).to.equal(true);
      expect(await tested.stored()).to.equal(0);
    });

    it('keeps nothing of a source that breaks off', async () => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('half');
        throw new Error('connection lost');
      }
      expect(await media.put(broken(), 100).catch((error: unknown) => error)).to.have.property('message', 'connection lost');
      expect(await media.get(sha256(Buffer.from('half')))).to.equal(undefined);
      expect(await tested.stored()).to.equal(0);
    });

    it('knows no name that is not a hash', async () => {
      const { sha256: hash } = await media.put(chunks(Buffer.from('x')), 10);
      const names = [
        '',
        '..',
        '../../etc/passwd',
        `${hash}/../${hash}`,
        hash.toUpperCase(),
        `${hash}\0`,
        hash.slice(1),
        `${hash}\n`,
        'g'.repeat(64),
      ];
      for (const wrong of names) expect(await media.get(wrong), JSON.stringify(wrong)).to.equal(undefined);
      expect(await media.get('0'.repeat(64))).to.equal(undefined);
    });
  });
}
