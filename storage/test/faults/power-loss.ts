import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface WriteRecord {
  readonly kind: 'W' | 'T' | 'S';
  readonly file: 'd' | 'w' | 'a';
  readonly offset: number;
  readonly bytes: Buffer;
}

const HEAD = 18;
/** What a disk writes whole or not at all. */
const SECTOR = 512;

/** Reads what record-writes.c wrote. */
export function readRecords(log: Buffer): WriteRecord[] {
  const records: WriteRecord[] = [];
  for (let at = 0; at + HEAD <= log.length; ) {
    const kind = String.fromCharCode(log[at] ?? 0) as WriteRecord['kind'];
    const file = String.fromCharCode(log[at + 1] ?? 0) as WriteRecord['file'];
    const offset = Number(log.readBigInt64LE(at + 2));
    const length = kind === 'W' ? Number(log.readBigUInt64LE(at + 10)) : 0;
    records.push({ kind, file, offset, bytes: log.subarray(at + HEAD, at + HEAD + length) });
    at += HEAD + length;
  }
  return records;
}

/** A file of which it is known what is on disk for sure, and what may be. */
class SimulatedFile {
  #bytes = Buffer.alloc(65_536);
  #length = 0;
  #pending: WriteRecord[] = [];

  take(record: WriteRecord): void {
    this.#pending.push(record);
  }

  sync(): void {
    for (const record of this.#pending) this.#apply(record);
    this.#pending = [];
  }

  /** Of what was not synced each write is lost, there, or there in some of its sectors. Their order counts for nothing. */
  lose(random: (below: number) => number): void {
    for (const record of this.#pending) {
      const fate = random(3);
      if (fate === 0) continue;
      if (fate === 1 || record.kind === 'T') {
        this.#apply(record);
        continue;
      }
      for (let from = 0; from < record.bytes.length; from += SECTOR)
        if (random(2) === 0) this.#apply({ ...record, offset: record.offset + from, bytes: record.bytes.subarray(from, from + SECTOR) });
    }
    this.#pending = [];
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #apply({ kind, offset, bytes }: WriteRecord): void {
    const length = kind === 'T' ? offset : Math.max(this.#length, offset + bytes.length);
    if (length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], Math.max(length, 2 * this.#bytes.length));
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
    if (kind === 'W') bytes.copy(this.#bytes, offset);
  }
}

/**
 * The folder as it may be after the power went at record `at`: what was synced is there, of the rest anything may be. `lies`: one sync in so many did nothing, as on a disk
 * that lies. Returns what had been acknowledged.
 */
export async function powerLoss(
  records: readonly WriteRecord[],
  at: number,
  folder: string,
  random: (below: number) => number,
  lies = 0,
): Promise<string[]> {
  const files = { d: new SimulatedFile(), w: new SimulatedFile() };
  let acknowledged = '';
  for (const record of records.slice(0, at)) {
    if (record.file === 'a') acknowledged += record.bytes.toString('utf8');
    else if (record.kind !== 'S') files[record.file].take(record);
    else if (lies === 0 || random(lies) > 0) files[record.file].sync();
  }
  for (const file of Object.values(files)) file.lose(random);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'openguild.db'), files.d.bytes);
  if (files.w.bytes.length > 0) await writeFile(join(folder, 'openguild.db-wal'), files.w.bytes);
  return acknowledged.split('\n').filter((line) => line !== '');
}
